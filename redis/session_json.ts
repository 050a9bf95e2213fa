import type { StoredSession } from "../gateway/mod.ts";
import { recordIn } from "./reply.ts";

/** The session in a text, with this number; `undefined` when it is not a whole one. Whose it is, who resumes it checks. */
export function sessionIn(text: string, sequence: number): StoredSession | undefined {
  const { sessionId, resumeGatewayUrl, shardId, shardCount, intents, tokenFingerprint, holder, fence } =
    recordIn(text) ?? {};
  const isWhole = typeof sessionId === "string" && typeof shardId === "number" &&
    typeof shardCount === "number" &&
    typeof intents === "number" && typeof tokenFingerprint === "string";
  if (!isWhole) return undefined;
  const url = typeof resumeGatewayUrl === "string" ? resumeGatewayUrl : undefined;
  const mark = typeof holder === "string" && typeof fence === "number" ? { holder, fence } : {};
  return {
    sessionId,
    resumeGatewayUrl: url,
    sequence,
    shardId,
    shardCount,
    intents,
    tokenFingerprint,
    ...mark,
  };
}
