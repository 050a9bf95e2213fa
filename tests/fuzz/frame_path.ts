import { type GatewayPayload, parsePayload } from "../../gateway/payload.ts";
import { Session, type SessionEffect } from "../../gateway/session.ts";
import { Transport } from "../../gateway/transport.ts";
import { encoderFor } from "../../testing/frame_encoder.ts";
import { settle, VirtualClock } from "../../testing/virtual_clock.ts";
import { FakeGateway, type FakeSocket } from "../gateway/fake_gateway.ts";
import { Chance } from "../simulation/chance.ts";
import { damagedFrames, hostileText, MISPLACEMENTS } from "./hostile.ts";

type Compression = "zlib-stream" | "zstd-stream";

/** Turns of the event loop after which whoever has not answered never will. */
const PATIENCE_TURNS = 2_000;
const TEXTS_A_CASE = 20;
/** Messages of a good stream: short, long, not ASCII, and such as look like the border of two. */
const MESSAGES: readonly string[] = [
  '{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}}',
  '{"t":"A","s":1,"op":0,"d":{"content":"}{\\"t\\":\\"B\\""}}',
  `{"t":"B","s":2,"op":0,"d":{"content":"${"äöü😀".repeat(200)}"}}`,
  '{"op":0,"t":"C","s":3,"d":null}',
  `{"t":"D","s":4,"op":0,"d":{"list":[${
    Array.from({ length: 300 }, (_, index) => index * 7_919).join(",")
  }]}}`,
  '{"t":null,"s":null,"op":11,"d":null}',
];

/** Something was done that must not be done, whatever comes. */
export class FrameFault extends Error {
  /** The name of the class. */
  override readonly name: string = "FrameFault";
}

const CASES: readonly ((chance: Chance) => number | Promise<number>)[] = [
  parseTexts,
  stepPayloads,
  carryTexts,
  (chance) => carryFrames(chance, "zlib-stream"),
  (chance) => carryFrames(chance, "zstd-stream"),
];

/** Feeds the frame path with what `seed` makes of it; gives the number of inputs. Throws with the seed in the message. */
export async function fuzz(seed: number): Promise<number> {
  const chance = new Chance(seed);
  try {
    return await CASES[seed % CASES.length]?.(chance) ?? 0;
  } catch (cause) {
    throw new FrameFault(`Seed ${seed}: ${cause}`, { cause });
  }
}

/** The envelope is right, or there is an error that says what is wrong. */
function parseTexts(chance: Chance): number {
  for (let count = 0; count < TEXTS_A_CASE; count += 1) {
    const text = hostileText(chance);
    let payload;
    try {
      payload = parsePayload(text);
    } catch (error) {
      if (error instanceof TypeError || error instanceof SyntaxError) continue;
      throw error;
    }
    checkEnvelope(payload);
  }
  return TEXTS_A_CASE;
}

function checkEnvelope({ op, s, t }: GatewayPayload): void {
  const isRight = Number.isSafeInteger(op) && (s === null || (Number.isSafeInteger(s) && s >= 0)) &&
    (t === null || typeof t === "string") && (op !== 0 || t !== null);
  if (!isRight) throw new FrameFault(`An envelope got through: op ${op}, s ${s}, t ${t}`);
}

/** Whatever messages say, a session always has a state, an alarm, and does nothing through a line that it has left. */
function stepPayloads(chance: Chance): number {
  const session = new Session({
    shardId: 0,
    shardCount: 1,
    token: "a.b.c",
    intents: 0,
    gatewayUrl: "wss://gateway.discord.gg",
    compress: undefined,
    resumeUrl: "follow",
    properties: { os: "", browser: "", device: "" },
    largeThreshold: undefined,
    mayReconnect: true,
    random: chance.next,
  });
  let now = 0;
  for (let count = 0; count < TEXTS_A_CASE; count += 1) {
    const payload = readable(hostileText(chance));
    if (payload !== undefined) checkStep(session, session.step({ type: "received", payload }, now));
    if (session.state === "idle") session.step({ type: "start" }, now);
    if (session.state === "awaitingPermit") session.step({ type: "permitted" }, now);
    if (chance.is(0.3)) now = Math.max(now, session.wakeAt);
    checkStep(session, session.step({ type: "alarm" }, now));
  }
  return TEXTS_A_CASE;
}

function checkStep(session: Session, effects: readonly SessionEffect[]): void {
  const isWaiting = session.state !== "idle" && session.state !== "dead";
  if (Number.isNaN(session.wakeAt) || isWaiting !== session.wakeAt < Infinity) {
    throw new FrameFault(`${session.state}, and the alarm is at ${session.wakeAt}`);
  }
  const last = effects.findIndex(({ type }) => type === "close");
  if (last !== -1 && effects.slice(last).some(({ type }) => type === "send")) {
    throw new FrameFault("Something is sent after the close");
  }
}

function readable(text: string): GatewayPayload | undefined {
  try {
    return parsePayload(text);
  } catch {
    return undefined;
  }
}

/** A transport, the other end, and what it has said. */
class Bench {
  readonly socket: FakeSocket;
  readonly received: GatewayPayload[] = [];
  readonly ends: string[] = [];
  readonly #transport: Transport;

  constructor(compression: Compression | undefined) {
    const gateway = new FakeGateway();
    this.#transport = new Transport("ws://gateway/", {
      opened: () => {},
      wants: () => true,
      skimmed: () => {},
      received: (payload) => {
        if (this.ends.length > 0) throw new FrameFault("A message comes after the end");
        checkEnvelope(payload);
        return this.received.push(payload) > 0;
      },
      garbled: (reason) => {
        if (new TextEncoder().encode(reason).length > 123) {
          throw new FrameFault("Too long for a close (WS-1)");
        }
        this.ends.push("garbled");
      },
      closed: () => this.ends.push("closed"),
    }, { createWebSocket: gateway.createWebSocket, clock: new VirtualClock(), compression });
    this.socket = gateway.socket;
    this.socket.open();
  }

  /** The socket ends, and the transport must say so once, or must have given up before. */
  async end(): Promise<void> {
    this.socket.end(1006);
    for (let turn = 0; turn < PATIENCE_TURNS && this.ends.length === 0; turn += 1) await settle();
    await settle();
    if (this.ends.length !== 1) throw new FrameFault(`The end was told ${this.ends.length} times`);
    await this.#transport.close(4900, "");
  }
}

/** Frames of text and bytes without compression. */
async function carryTexts(chance: Chance): Promise<number> {
  const bench = new Bench(undefined);
  for (let count = 0; count < TEXTS_A_CASE; count += 1) {
    const text = hostileText(chance);
    bench.socket.frame(chance.is(0.7) ? text : new TextEncoder().encode(text));
  }
  await bench.end();
  return TEXTS_A_CASE;
}

/** A compressed stream with a fault in it: what came before the fault is whole, what follows is no crash and no hang. */
async function carryFrames(chance: Chance, compression: Compression): Promise<number> {
  const whole = streamOf(chance, compression);
  const damages = compression === "zstd-stream" ? MISPLACEMENTS : undefined;
  const { frames, at, damage } = damagedFrames(chance, whole.frames, damages);
  const bench = new Bench(compression);
  for (const frame of frames) {
    bench.socket.frame(frame);
    if (chance.is(0.3)) await settle();
  }
  await bench.end();
  const sound = whole.messagesBefore(at);
  const heard = bench.received.slice(0, sound).map((payload) => JSON.stringify(payload));
  const expected = MESSAGES.slice(0, sound).map((text) => JSON.stringify(parsePayload(text)));
  // What comes with the fault in one batch may be lost with it, but nothing else may come in its place.
  if (heard.some((text, index) => text !== expected[index])) {
    throw new FrameFault(`A message before the fault (${damage} at frame ${at}) was changed`);
  }
  return frames.length;
}

interface Stream {
  readonly frames: readonly Uint8Array<ArrayBuffer>[];
  /** How many messages are whole before a frame. */
  messagesBefore(frame: number): number;
}

function streamOf(chance: Chance, compression: Compression): Stream {
  const encoder = encoderFor(compression);
  const isSplit = compression === "zlib-stream" && chance.is(0.4);
  const size = isSplit ? chance.integer(1, 200) : Infinity;
  const frames: Uint8Array<ArrayBuffer>[] = [];
  const ends: number[] = [];
  for (const message of MESSAGES) {
    for (const data of encoder.encode(message)) {
      if (typeof data === "string") continue;
      for (let from = 0; from < data.length; from += size) frames.push(data.slice(from, from + size));
    }
    ends.push(frames.length);
  }
  return { frames, messagesBefore: (frame) => ends.filter((end) => end <= frame).length };
}
