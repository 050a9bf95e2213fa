import type { Chance } from "../simulation/chance.ts";

/** Keys and values of real messages, and of those that want to do harm. */
const KEYS = [
  "op",
  "d",
  "s",
  "t",
  "session_id",
  "heartbeat_interval",
  "__proto__",
  "constructor",
  "toString",
  "",
];
const TEXTS = [
  "",
  "READY",
  "RESUMED",
  "MESSAGE_CREATE",
  "error",
  "__proto__",
  '}{"t":',
  '\\"}{\\"op\\":0',
  "\u2028\ud83d\ude00\ud800",
  "\u0000",
  "wss://evil.invalid",
  "x".repeat(300),
];
const NUMBERS = [0, 1, -1, 7, 9, 10, 11, 0.5, 1e308, -0, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 41_250];
/** What JSON can say and programs seldom expect. */
const RAW = [
  "1e999",
  "-1e999",
  "00",
  "NaN",
  '{"a":1,"a":2}',
  "[[[[[[[[]]]]]]]]",
  '"\\ud800"',
  "tru",
  "\ufeff{}",
];
const DEEP = 20_000;

/** A value as JSON can hold it, of any shape. */
export function hostileValue(chance: Chance, depth = 0): unknown {
  const kind = chance.integer(0, depth > 3 ? 4 : 6);
  if (kind === 0) return null;
  if (kind === 1) return chance.is(0.5);
  if (kind === 2) return chance.any(NUMBERS);
  if (kind <= 4) return chance.any(TEXTS);
  const members = Array.from({ length: chance.integer(0, 4) }, () => hostileValue(chance, depth + 1));
  if (kind === 5) return members;
  return Object.fromEntries(members.map((member) => [chance.any(KEYS), member]));
}

/** The text of a gateway message, in which things are of the wrong kind, missing, broken or far too much. */
export function hostileText(chance: Chance): string {
  const kind = chance.integer(0, 9);
  if (kind === 0) return chance.any(RAW) ?? "";
  if (kind === 1) return `${"[".repeat(DEEP)}${chance.is(0.5) ? "]".repeat(DEEP) : ""}`;
  if (kind === 2) return JSON.stringify(hostileValue(chance));
  let message: Record<string, unknown> = {
    t: chance.any([null, null, ...TEXTS]),
    s: chance.any([null, null, ...NUMBERS]),
    op: chance.is(0.9) ? chance.any([0, 1, 7, 9, 10, 11, 12]) : hostileValue(chance),
    d: hostileValue(chance),
  };
  // Not by assignment, which would change the prototype instead.
  const surplus = Object.fromEntries([[chance.any(KEYS) ?? "", hostileValue(chance)]]);
  if (chance.is(0.1)) message = { ...message, ...surplus };
  if (chance.is(0.1)) delete message[chance.any(["op", "d", "s", "t"]) ?? ""];
  const text = JSON.stringify(message);
  return chance.is(0.3) ? mangledText(chance, text) : text;
}

/** `text`, cut off, or with a character that does not belong there. */
function mangledText(chance: Chance, text: string): string {
  const at = chance.integer(0, text.length);
  if (chance.is(0.5)) return text.slice(0, at);
  return `${text.slice(0, at)}${String.fromCharCode(chance.integer(0, 0xffff))}${text.slice(at + 1)}`;
}

/** What can happen to frames on a line that corrupts. */
export type Damage = "flip" | "cut off" | "doubled" | "lost" | "random" | "empty" | "swapped";

const DAMAGES: readonly Damage[] = ["flip", "cut off", "doubled", "lost", "random", "empty", "swapped"];

/**
 * What leaves all bytes as they are. In Deno 2.9, node:zlib throws where nobody can catch it when corrupt zstd follows more
 * than 16 KiB of output: damaged bytes could end the process there.
 */
export const MISPLACEMENTS: readonly Damage[] = ["doubled", "lost", "empty", "swapped"];

/** The frames with one of them damaged; says which, so that those before it can be held to what they were. */
export function damagedFrames(
  chance: Chance,
  frames: readonly Uint8Array<ArrayBuffer>[],
  damages: readonly Damage[] = DAMAGES,
): { readonly frames: Uint8Array<ArrayBuffer>[]; readonly at: number; readonly damage: Damage } {
  const damage = chance.any(damages) ?? "lost";
  const at = chance.integer(0, frames.length - 1);
  const frame = frames[at] ?? new Uint8Array();
  return { frames: frames.toSpliced(at, 1, ...damaged(chance, frame, damage, frames[at + 1])), at, damage };
}

function damaged(
  chance: Chance,
  frame: Uint8Array<ArrayBuffer>,
  damage: Damage,
  next: Uint8Array<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer>[] {
  switch (damage) {
    case "flip": {
      const flipped = frame.slice();
      const place = chance.integer(0, frame.length - 1);
      flipped[place] = (flipped[place] ?? 0) ^ (1 << chance.integer(0, 7));
      return [flipped];
    }
    case "cut off":
      return [frame.slice(0, chance.integer(0, frame.length - 1))];
    case "doubled":
      return [frame, frame];
    case "lost":
      return [];
    case "empty":
      return [new Uint8Array(), new Uint8Array(chance.integer(1, 8))];
    case "swapped":
      return next === undefined ? [frame] : [next, frame];
    case "random":
      return [Uint8Array.from({ length: chance.integer(1, 200) }, () => chance.integer(0, 255))];
  }
}
