import type { StoredSession } from "../gateway/mod.ts";

/** The format of the files; a library that reads another says so. */
const FORMAT_VERSION = 1;

/** The most characters in a file: far more than a session needs, and little enough to be read without a thought. */
export const MAX_FILE_LENGTH = 65_536;

/** The text of a session's file. Only what is known is written: nothing that somebody may have added to the object. */
export function encodeSession(session: StoredSession): string {
  if (!isObject(session)) {
    throw new TypeError(`A session to keep must be a StoredSession: got ${String(session)}`);
  }
  const { sessionId, resumeGatewayUrl, sequence, shardId, shardCount, intents, tokenFingerprint } = session;
  const { holder, fence } = session;
  const text = `${
    JSON.stringify({
      version: FORMAT_VERSION,
      sessionId,
      resumeGatewayUrl,
      sequence,
      shardId,
      shardCount,
      intents,
      tokenFingerprint,
      holder,
      fence,
    })
  }\n`;
  const problem = problemOf(session) ?? (text.length > MAX_FILE_LENGTH ? "it is too long" : undefined);
  if (problem !== undefined) throw new TypeError(`This session cannot be kept: ${problem}`);
  return text;
}

/** The session in the text of the file at `path`; throws an `Error` that names the file when there is none. */
export function decodeSession(text: string, path: string): StoredSession {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // The cause would quote from the file.
    if (cause instanceof SyntaxError) throw damaged(path, "it is not JSON");
    throw cause;
  }
  if (!isObject(value)) throw damaged(path, "it holds no object");
  if (value.version !== FORMAT_VERSION) {
    throw new Error(
      `The session file ${path} has not format ${FORMAT_VERSION}, the only one that this version of the library ` +
        "reads: use the version that wrote it, or delete the file",
    );
  }
  const problem = problemOf(value);
  if (problem !== undefined) throw damaged(path, problem);
  const { sessionId, resumeGatewayUrl, sequence, shardId, shardCount, intents, tokenFingerprint } = value;
  // `problemOf` has just looked at each of them.
  return {
    sessionId: String(sessionId),
    resumeGatewayUrl: resumeGatewayUrl === undefined ? undefined : String(resumeGatewayUrl),
    sequence: Number(sequence),
    shardId: Number(shardId),
    shardCount: Number(shardCount),
    intents: Number(intents),
    tokenFingerprint: String(tokenFingerprint),
    ...(value.holder === undefined ? {} : { holder: String(value.holder) }),
    ...(value.fence === undefined ? {} : { fence: Number(value.fence) }),
  };
}

/** An error for a file that cannot be what {@linkcode encodeSession} wrote. */
export function damaged(path: string, problem: string): Error {
  return new Error(
    `The session file ${path} is damaged: ${problem}. The bot can go on without it; delete the file, or let the next ` +
      "save replace it",
  );
}

type Fields = { readonly [Field in keyof StoredSession]?: unknown };

function problemOf(fields: Fields): string | undefined {
  for (const name of ["sessionId", "tokenFingerprint"] as const) {
    const value = fields[name];
    if (typeof value !== "string" || value === "") return `${name} is not a non-empty string`;
  }
  for (const name of ["sequence", "shardId", "shardCount", "intents"] as const) {
    const value = fields[name];
    if (!Number.isSafeInteger(value) || Number(value) < 0) return `${name} is not an integer from 0 on`;
  }
  const { resumeGatewayUrl, holder, fence } = fields;
  for (const [name, value] of Object.entries({ resumeGatewayUrl, holder })) {
    if (value !== undefined && typeof value !== "string") return `${name} is not a string`;
  }
  const isFit = fence === undefined || (Number.isSafeInteger(fence) && Number(fence) >= 0);
  return isFit ? undefined : "fence is not an integer from 0 on";
}

function isObject(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
