import { control } from "./moody_discord.ts";
import { type Move, SessionRig } from "./session_rig.ts";
import { BrokenRule } from "./watch.ts";

/** Of each kind of close code one (§8). */
const CLOSE_CODES = [1006, 1000, 4000, 4008, 4009, 4004, 4999];

/** A move that can be made while there is a connection. */
function onLine(name: string, act: (rig: SessionRig) => void): Move {
  return { name, can: (rig) => rig.isConnected, do: act };
}

/** All that may happen to a session. */
export const MOVES: readonly Move[] = [
  { name: "start", can: ({ session }) => session.state === "idle", do: (rig) => rig.start() },
  { name: "stop", can: always, do: (rig) => rig.stop(false) },
  { name: "stop resumably", can: always, do: (rig) => rig.stop(true) },
  { name: "alarm", can: hasAlarm, do: (rig) => rig.wake({ isLate: false }) },
  { name: "late alarm", can: hasAlarm, do: (rig) => rig.wake({ isLate: true }) },
  { name: "early alarm", can: ({ alarmInMs }) => alarmInMs > 0, do: (rig) => rig.wakeEarly() },
  { name: "permitted", can: ({ isAsking }) => isAsking, do: (rig) => rig.permitted() },
  onLine("a minute", (rig) => rig.live()),
  onLine("opened", (rig) => rig.opened()),
  onLine("HELLO", (rig) => rig.hello()),
  onLine("HELLO without interval", (rig) => rig.receive(control(10, {}))),
  { name: "READY", can: ({ session }) => session.state === "identifying", do: (rig) => rig.ready() },
  {
    name: "READY without session",
    can: ({ session }) => session.state === "identifying",
    do: (rig) => rig.receive('{"op":0,"t":"READY","s":1,"d":{}}'),
  },
  { name: "RESUMED", can: hasSession, do: (rig) => rig.event("RESUMED", 1) },
  { name: "event", can: hasSession, do: (rig) => rig.event("MESSAGE_CREATE", 1) },
  { name: "old event", can: hasSession, do: (rig) => rig.event("MESSAGE_CREATE", 0) },
  onLine("op 1", (rig) => rig.receive(control(1, null))),
  onLine("op 7", (rig) => rig.receive(control(7, null))),
  onLine("op 9 true", (rig) => rig.receive(control(9, true))),
  onLine("op 9 false", (rig) => rig.receive(control(9, false))),
  onLine("ACK", (rig) => rig.receive(control(11, null))),
  onLine("op 99", (rig) => rig.receive(control(99, null))),
  onLine("garbage", (rig) => rig.garble()),
  ...CLOSE_CODES.map((code) => onLine(`close ${code}`, (rig) => rig.closed(code))),
];

/** What a walk has seen. */
export interface WalkFigures {
  /** Different states. */
  readonly states: number;
  /** Steps to a state, known or new. */
  readonly steps: number;
  /** Moves from the beginning to the last states. */
  readonly depth: number;
}

interface Place {
  readonly from: Place | undefined;
  readonly move: Move | undefined;
}

/**
 * Goes all ways of `depth` moves, and holds the session to the rules on each; a state that was seen before is not entered
 * again. Throws on the first way that breaks a rule, which is the shortest.
 */
export function walk(depth: number, chance: number, mayReconnect = true): WalkFigures {
  const seen = new Set<string>([new SessionRig(chance, mayReconnect).key]);
  let places: Place[] = [{ from: undefined, move: undefined }];
  let steps = 0;
  for (let distance = 0; distance < depth; distance += 1) {
    const next: Place[] = [];
    for (const place of places) {
      for (const move of MOVES) {
        const rig = follow(place, chance, mayReconnect);
        if (!move.can(rig)) continue;
        steps += 1;
        attempt(rig, { from: place, move });
        if (seen.has(rig.key)) continue;
        seen.add(rig.key);
        next.push({ from: place, move });
      }
    }
    places = next;
  }
  return { states: seen.size, steps, depth };
}

/** A session has no copy: the way is gone again. */
function follow(place: Place, chance: number, mayReconnect: boolean): SessionRig {
  const moves: Move[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.from) if (at.move) moves.push(at.move);
  const rig = new SessionRig(chance, mayReconnect);
  for (const move of moves.reverse()) move.do(rig);
  return rig;
}

function attempt(rig: SessionRig, place: Place & { readonly move: Move }): void {
  try {
    place.move.do(rig);
  } catch (error) {
    const names: string[] = [];
    for (let at: Place | undefined = place; at?.move !== undefined; at = at.from) names.unshift(at.move.name);
    throw new BrokenRule(`After ${names.join(", ")}: ${error}`, { cause: error });
  }
}

function always(): boolean {
  return true;
}

function hasAlarm({ session }: SessionRig): boolean {
  return session.wakeAt < Infinity;
}

function hasSession({ session, isConnected }: SessionRig): boolean {
  return isConnected && session.resumePoint !== undefined &&
    (session.state === "resuming" || session.state === "ready");
}
