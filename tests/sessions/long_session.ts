import type { StoredSession } from "../../gateway/session_store.ts";

/** A session whose every field tells its number, so that a mixture of two is seen. */
export function longSession(sequence: number): StoredSession {
  return {
    sessionId: `${sequence},`.repeat(1 + (sequence * 7_919) % 4_000),
    resumeGatewayUrl: `wss://gateway-${sequence}.discord.gg`,
    sequence,
    shardId: 0,
    shardCount: 1,
    intents: 513,
    tokenFingerprint: `${sequence}`.padStart(16, "0"),
  };
}
