// A small client of Redis (RESP2), so that tests can see and break every byte: it connects again by itself, and what was
// under way when the connection ended is rejected.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Waiting {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One connection. */
export class RespClient {
  readonly #port: number;
  #conn: Promise<Deno.TcpConn> | undefined;
  #waiting: Waiting[] = [];
  #reading: Promise<void> = Promise.resolve();
  #writing: Promise<unknown> = Promise.resolve();
  #queued: Uint8Array[] = [];
  #isClosed = false;
  /** While set, nothing is sent and nothing answered: the network is split. */
  #split: PromiseWithResolvers<void> | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  get ended(): Promise<unknown> {
    return Promise.allSettled([this.#reading, this.#writing]);
  }

  /** Sends a command. */
  async send(command: readonly (string | Uint8Array)[]): Promise<unknown> {
    if (this.#split !== undefined) await this.#split.promise;
    if (this.#isClosed) throw new Error("The client is closed");
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#conn ??= this.#connect();
    this.#waiting.push({ resolve, reject });
    this.#queued.push(encoded(command));
    if (this.#queued.length === 1) this.#writing = this.#flush(this.#conn);
    const reply = await promise;
    if (this.#split !== undefined) await this.#split.promise;
    if (reply instanceof Error) throw reply;
    return reply;
  }

  /** From now on nothing gets through, as in a split network: commands wait. */
  split(): void {
    this.#split ??= Promise.withResolvers();
  }

  /** The network is whole again: what waited is sent now. */
  heal(): void {
    this.#split?.resolve();
    this.#split = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.heal();
    this.#conn?.then((conn) => conn.close()).catch(() => {});
  }

  async #flush(connecting: Promise<Deno.TcpConn>): Promise<void> {
    try {
      const conn = await connecting;
      while (this.#queued.length > 0) {
        const bytes = joined(this.#queued);
        this.#queued = [];
        for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #connect(): Promise<Deno.TcpConn> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    conn.setNoDelay(true);
    this.#reading = this.#read(conn);
    return conn;
  }

  async #read(conn: Deno.TcpConn): Promise<void> {
    const parser = new RespParser();
    const chunk = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await conn.read(chunk);
        if (count === null) break;
        for (const reply of parser.push(chunk.slice(0, count))) this.#waiting.shift()?.resolve(reply);
      }
    } catch {
      // The connection has ended.
    }
    try {
      conn.close();
    } catch {
      // It was closed already.
    }
    this.#fail(new Error("The connection to Redis has ended"));
  }

  #fail(error: unknown): void {
    this.#conn = undefined;
    this.#queued = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}

/** Takes bytes, gives whole replies. */
class RespParser {
  #bytes = new Uint8Array(0);
  #at = 0;

  push(more: Uint8Array): unknown[] {
    this.#bytes = joined([this.#bytes.subarray(this.#at), more]);
    this.#at = 0;
    const replies: unknown[] = [];
    for (;;) {
      const start = this.#at;
      const reply = this.#reply();
      if (reply === INCOMPLETE) {
        this.#at = start;
        return replies;
      }
      replies.push(reply);
    }
  }

  #line(): string | undefined {
    const end = this.#bytes.indexOf(13, this.#at);
    if (end === -1 || end + 1 >= this.#bytes.length) return undefined;
    const line = decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 2;
    return line;
  }

  #reply(): unknown {
    const line = this.#line();
    if (line === undefined) return INCOMPLETE;
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return rest;
      case "-":
        return new Error(rest);
      case ":":
        return Number(rest);
      case "$": {
        const length = Number(rest);
        if (length === -1) return null;
        if (this.#bytes.length < this.#at + length + 2) return INCOMPLETE;
        const text = decoder.decode(this.#bytes.subarray(this.#at, this.#at + length));
        this.#at += length + 2;
        return text;
      }
      default: {
        const length = Number(rest);
        if (length === -1) return null;
        const items: unknown[] = [];
        for (let index = 0; index < length; index += 1) {
          const item = this.#reply();
          if (item === INCOMPLETE) return INCOMPLETE;
          items.push(item);
        }
        return items;
      }
    }
  }
}

const INCOMPLETE = Symbol("incomplete");

function encoded(command: readonly (string | Uint8Array)[]): Uint8Array {
  const parts: Uint8Array[] = [encoder.encode(`*${command.length}\r\n`)];
  for (const word of command) {
    const bytes = typeof word === "string" ? encoder.encode(word) : word;
    parts.push(encoder.encode(`$${bytes.length}\r\n`), bytes, encoder.encode("\r\n"));
  }
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
