import { GatewayOpcode } from "./payload.ts";
import type { SessionEffect, SessionInput } from "./session.ts";

/**
 * Where a shard writes what it does: `console` fits. It is called with a text, and with the details as an object.
 *
 * @example Write to LogTape
 * ```ts
 * import { getLogger } from "@logtape/logtape";
 * import { BotAuthentication, HTTPClient, type Logger, ShardManager } from "@nextsnake/nextcore";
 *
 * const log = getLogger(["nextcore"]);
 * const to = (level: keyof Logger) => (text: unknown, details: unknown) => log[level](`${text}`, { details });
 * const logger: Logger = { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
 *
 * await using http = new HTTPClient();
 * await using manager = new ShardManager(new BotAuthentication("a.b.c"), 0, http, { logger });
 * ```
 */
export interface Logger {
  /** Every step, and every payload sent. */
  debug(...data: unknown[]): void;
  /** Connections that come and go. */
  info(...data: unknown[]): void;
  /** What needs a look, sooner or later. */
  warn(...data: unknown[]): void;
  /** What has failed. */
  error(...data: unknown[]): void;
}

/** How much each of the library's own events matters. */
const LEVELS: Readonly<Record<string, keyof Logger>> = {
  critical: "error",
  error: "error",
  sessionLost: "warn",
  slowReady: "warn",
  disconnect: "info",
  clientDisconnect: "info",
  ready: "info",
  resumed: "info",
};

/** Writes one of the library's own events; what it carries follows the text, without the shard. Holds no token. */
export function logEvent(logger: Logger, shardId: number, name: string, payload: unknown): void {
  const details = payload instanceof Error || typeof payload !== "object" || payload === null
    ? payload
    : Object.fromEntries(Object.entries(payload).filter(([key]) => key !== "shard"));
  logger[LEVELS[name] ?? "debug"](`Shard ${shardId}: ${name}`, details);
}

/** Why a shard has changed its state, in a few words. */
export function reasonOf(input: SessionInput, effects: readonly SessionEffect[]): string {
  for (const effect of effects) {
    if (effect.type === "close") return effect.reason;
    if (effect.type === "disconnected") return `Closed with ${effect.code}`;
    if (effect.type === "failed") return effect.error.name;
  }
  if (input.type !== "received") return REASONS[input.type] ?? input.type;
  const { op, t } = input.payload;
  return op === GatewayOpcode.Hello ? "HELLO" : t ?? `op ${op}`;
}

const REASONS: Readonly<Record<string, string>> = {
  start: "Started",
  stop: "Stopped",
  opened: "The socket is open",
  permitted: "Its turn to identify",
  taken: "Taken over by another process",
  alarm: "Time to connect",
};
