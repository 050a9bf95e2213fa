/**
 * Sessions on disk: a bot that was stopped or killed goes on where it was, and misses nothing.
 *
 * An entry point of its own, since it needs `node:fs/promises`: Deno, Node and Bun have that, browsers do not, and the
 * rest of the library touches no disk. See {@linkcode FileSessionStore}.
 *
 * @module
 */
export type { SessionStore, StoredSession } from "../gateway/mod.ts";
export { FileSessionStore, type FileSessionStoreOptions } from "./file_session_store.ts";
