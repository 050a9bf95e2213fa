import { lstat, mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { SessionStore, StoredSession } from "../gateway/mod.ts";
import { damaged, decodeSession, encodeSession, MAX_FILE_LENGTH } from "./session_file.ts";

/** Only the user who runs the bot may read a session, and look into the directory. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
/** How often a save begins anew when what it wrote was swept away, or the directory is not there. */
const MAX_ATTEMPTS = 5;
/** Room enough that two processes do not choose the same name. */
const NAMES = 2 ** 48;

/** Options of {@linkcode FileSessionStore}. */
export interface FileSessionStoreOptions {
  /** A number from 0 to 1, for the names of files that are being written. `Math.random` by default. */
  readonly random?: () => number;
}

/**
 * Keeps sessions in a directory, one file for each shard: `shard-0.json`, `shard-1.json`, …
 *
 * A file is replaced in one step: what is new is written beside it, flushed to the disk, and renamed over it. So a
 * process that is killed in the middle of a save leaves the session from before or the new one, always whole, and
 * several processes may share a directory. Files that a killed process was still writing are removed by the next
 * `load` of their shard.
 *
 * Files are readable by their owner alone, and hold no token. The directory is made when it is missing. Do not put it
 * where other users may write.
 *
 * Every method rejects with what the disk says, and with a `RangeError` for a shard id that is not an integer from 0
 * on. `load` also rejects, with an `Error` that names the file, when that is damaged (no regular file, more than 65 536
 * characters, not JSON, fields missing) or of another format: silence would look as if there had never been a session,
 * while in truth events were missed. A shard reports that as `error`, begins a new session, and replaces the file.
 *
 * Deno needs `--allow-read=DIRECTORY --allow-write=DIRECTORY`.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient, Intents, ShardManager } from "@nextsnake/nextcore";
 * import { FileSessionStore } from "@nextsnake/nextcore/sessions";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
 * const manager = new ShardManager(new BotAuthentication(discord.token), Intents.Guilds, http, {
 *   sessions: new FileSessionStore("./sessions"),
 *   createWebSocket: discord.createWebSocket,
 * });
 * // await manager.connect();
 * // On SIGTERM, for the next start to go on from here: await manager.close({ resumable: true });
 * await manager.close();
 * ```
 */
export class FileSessionStore implements SessionStore {
  readonly #directory: string;
  readonly #random: () => number;

  /**
   * Keeps sessions in `directory`, a path or a `file:` URL. Touches nothing yet.
   *
   * Throws a `TypeError` for anything else, an empty path, and a path with a NUL in it.
   */
  constructor(directory: string | URL, options: FileSessionStoreOptions = {}) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`Options must be an object, or left out: got ${String(options)}`);
    }
    const { random = Math.random } = options;
    if (typeof random !== "function") throw new TypeError(`random must be a function: got ${typeof random}`);
    this.#directory = pathOf(directory);
    this.#random = random;
  }

  /** The session of the shard, or `undefined` when there is no file. */
  async load(shardId: number): Promise<StoredSession | undefined> {
    const path = this.#fileOf(shardId);
    await this.#sweep(shardId);
    try {
      const { size } = await regularFile(path);
      // Each character is at most three bytes.
      if (size > 3 * MAX_FILE_LENGTH) throw damaged(path, "it is too long");
      return decodeSession(await readFile(path, "utf8"), path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Keeps the session in place of any other of the shard. Once this resolves, it is on the disk. */
  async save(shardId: number, session: StoredSession): Promise<void> {
    const path = this.#fileOf(shardId);
    const text = encodeSession(session);
    for (let attempt = 1;; attempt += 1) {
      try {
        return await this.#replace(path, text);
      } catch (error) {
        if (codeOf(error) !== "ENOENT" || attempt === MAX_ATTEMPTS) throw error;
      }
      await mkdir(this.#directory, { recursive: true, mode: DIRECTORY_MODE });
    }
  }

  /** Removes the file of the shard, if there is one. */
  async clear(shardId: number): Promise<void> {
    await removed(this.#fileOf(shardId));
  }

  /** Nothing but a number gets into a path. */
  #fileOf(shardId: number): string {
    if (!Number.isSafeInteger(shardId) || shardId < 0) {
      throw new RangeError(`A shard id must be an integer from 0 on: got ${String(shardId)}`);
    }
    return `${this.#directory}/${nameOf(shardId)}`;
  }

  async #replace(path: string, text: string): Promise<void> {
    const draft = `${path}.${Math.floor(this.#random() * NAMES).toString(36)}.tmp`;
    // "x": never through a link, nor into a file, that somebody has put there.
    const file = await open(draft, "wx", FILE_MODE);
    try {
      try {
        await file.writeFile(text);
        // Else the name could be on the disk before what it names.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      await removed(draft).catch(ignore);
      throw error;
    }
  }

  /** Removes what killed processes were still writing. One that lives writes it again. */
  async #sweep(shardId: number): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const start = `${nameOf(shardId)}.`;
    for (const name of names) {
      const isDraft = name.startsWith(start) && name.endsWith(".tmp");
      if (isDraft) await removed(`${this.#directory}/${name}`).catch(ignore);
    }
  }
}

function pathOf(directory: string | URL): string {
  const path = directory instanceof URL ? fileURLToPath(directory) : directory;
  if (typeof path === "string" && path !== "" && !path.includes("\0")) {
    return path.replace(/(?<=.)[/\\]$/, "");
  }
  throw new TypeError(`directory must be a path or a file: URL, such as "./sessions": got ${shown(path)}`);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : typeof value;
}

function nameOf(shardId: number): string {
  return `shard-${shardId}.json`;
}

/** What is at `path` if it is neither a link nor a pipe: those could lead anywhere, and never end. */
async function regularFile(path: string): Promise<{ readonly size: number }> {
  const status = await lstat(path);
  if (!status.isFile()) throw damaged(path, "it is not a regular file");
  return status;
}

async function removed(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function ignore(): void {}
