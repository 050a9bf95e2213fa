import { sleep, systemClock } from "../../../clock.ts";
import { acceptKey, ClientFrames, serverFrame } from "./frames.ts";
import { type Format, frameOf, type Piece } from "./pieces.ts";
import type { WallClock } from "./wall_clock.ts";

/** What a {@linkcode MockGateway} is made with. */
export interface MockGatewayOptions {
  readonly pieces: readonly Piece[];
  /** What `GET /gateway/bot` recommends. */
  readonly shards: number;
  readonly maxConcurrency: number;
  readonly clock: WallClock;
}

/** How a piece went out. */
export interface Playback {
  /** When its first byte did, as time of day. */
  readonly startedAt: number;
  /** When each event did, where they were paced. */
  readonly sentAt: readonly number[];
}

/** How shards have identified. */
export interface IdentifyReport {
  readonly count: number;
  /** How often one came less than five seconds after another one of its key. */
  readonly tooSoon: number;
}

const HEARTBEAT_INTERVAL_MS = 41_250;
const IDENTIFY_WINDOW_MS = 5_000;
/** What a message may be late, and the next one early, without anybody's fault. */
const TOLERANCE_MS = 50;
/** Small frames are written together: the server shall cost less than any client. */
const WRITE_BYTES = 65_536;
const MAX_HEAD_BYTES = 16_384;
const READ_BYTES = 16_384;

/**
 * A gateway on loopback that replays what was made before, so that whoever reads it is the bottleneck. Clients are told
 * apart by their tokens. It knows what clients need to be content: `GET /gateway` and `/gateway/bot`, HELLO, READY,
 * heartbeats. It takes no session up again: a connection that is lost is a fault of whoever lost it.
 */
export class MockGateway implements AsyncDisposable {
  readonly #options: MockGatewayOptions;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Connection>();
  readonly #running = new Set<Promise<void>>();
  readonly #identified = new Map<string, { readonly key: number; readonly at: number }[]>();
  /** The pieces as they are written. */
  readonly #chunks = new Map<string, readonly Uint8Array[]>();

  constructor(options: MockGatewayOptions) {
    this.#options = options;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#run(this.#accept());
  }

  /** Where it is, without the scheme. */
  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Sends a piece to each shard with this token: as fast as they take it, or at a pace. */
  async play(token: string, pieceIndex: number, perSecond?: number): Promise<Playback> {
    const connections = [...this.#connections].filter((connection) => connection.token === token);
    const piece = this.#options.pieces[pieceIndex];
    if (piece === undefined || connections.length === 0) {
      throw new RangeError("There is nothing to play, or nobody");
    }
    const { clock } = this.#options;
    const sentAt: number[] = [];
    const parts = connections.map(({ format }) =>
      perSecond === undefined ? this.#chunksOf(pieceIndex, format) : piece.framesOf(format)
    );
    const startedAt = clock.now();
    await Promise.all(connections.map((connection, index) => {
      const frames = parts[index] ?? [];
      if (perSecond === undefined) return connection.send(...frames);
      return connection.pace(frames, perSecond, () => sentAt.push(clock.now()));
    }));
    return { startedAt, sentAt };
  }

  /** How the shards with this token have identified. */
  identifies(token: string): IdentifyReport {
    const last = new Map<number, number>();
    const all = this.#identified.get(token) ?? [];
    const tooSoon = all.filter(({ key, at }) => {
      const before = last.get(key) ?? -Infinity;
      last.set(key, at);
      return at - before < IDENTIFY_WINDOW_MS - TOLERANCE_MS;
    });
    return { count: all.length, tooSoon: tooSoon.length };
  }

  /** Closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #run(work: Promise<void>): void {
    const running = work.catch(() => {}).then(() => void this.#running.delete(running));
    this.#running.add(running);
  }

  async #accept(): Promise<void> {
    for await (const socket of this.#listener) this.#run(this.#serve(socket));
  }

  async #serve(socket: Deno.TcpConn): Promise<void> {
    using _ = { [Symbol.dispose]: () => close(socket) };
    socket.setNoDelay(true);
    const { path, headers, rest } = await readHead(socket);
    const key = headers.get("sec-websocket-key");
    if (key === undefined) return await this.#answer(socket, path);
    const compress = new URL(path, "ws://127.0.0.1").searchParams.get("compress") ?? "none";
    if (compress !== "none" && compress !== "zlib-stream") return await refuse(socket);
    await write(
      socket,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${await acceptKey(key)}\r\n\r\n`,
    );
    const connection = new Connection(socket, compress);
    this.#connections.add(connection);
    try {
      connection.say({
        t: null,
        s: null,
        op: 10,
        d: { heartbeat_interval: HEARTBEAT_INTERVAL_MS, _trace: [] },
      });
      await this.#listen(connection, socket, rest);
    } finally {
      this.#connections.delete(connection);
    }
  }

  async #listen(connection: Connection, socket: Deno.TcpConn, rest: Uint8Array): Promise<void> {
    const frames = new ClientFrames();
    const buffer = new Uint8Array(READ_BYTES);
    for (let bytes = rest;;) {
      for (const { kind, data } of frames.add(bytes)) {
        if (kind === "close") return await connection.send(serverFrame("close", data));
        if (kind === "ping") connection.send(serverFrame("pong", data));
        if (kind === "text" || kind === "binary") {
          this.#hear(connection, JSON.parse(new TextDecoder().decode(data)));
        }
      }
      const count = await socket.read(buffer);
      if (count === null) return;
      bytes = buffer.subarray(0, count);
    }
  }

  #hear(connection: Connection, { op, d }: { readonly op: number; readonly d: unknown }): void {
    if (op === 1) connection.say({ t: null, s: null, op: 11, d: null });
    if (op === 6) connection.say({ t: null, s: null, op: 9, d: false });
    if (op !== 2) return;
    const { token, shard } = d as { readonly token: string; readonly shard?: readonly [number, number] };
    connection.token = token.replace(/^Bot /, "");
    const [id = 0] = shard ?? [];
    const identified = this.#identified.get(connection.token) ?? [];
    identified.push({ key: id % this.#options.maxConcurrency, at: this.#options.clock.now() });
    this.#identified.set(connection.token, identified);
    connection.say({ t: "READY", s: 1, op: 0, d: this.#ready(shard ?? [0, 1]) });
  }

  #ready(shard: readonly number[]): object {
    const user = { id: "198622483471925248", username: "bot", discriminator: "0", avatar: null, bot: true };
    return {
      v: 10,
      user_settings: {},
      user: { verified: true, mfa_enabled: true, global_name: null, flags: 0, email: null, ...user },
      shard,
      session_type: "normal",
      session_id: crypto.randomUUID().replaceAll("-", ""),
      resume_gateway_url: `ws://${this.host}`,
      relationships: [],
      private_channels: [],
      presences: [],
      guilds: [],
      guild_join_requests: [],
      geo_ordered_rtc_regions: [],
      auth: {},
      application: { id: user.id, flags: 0 },
      _trace: [],
    };
  }

  async #answer(socket: Deno.TcpConn, path: string): Promise<void> {
    const { shards, maxConcurrency: max_concurrency } = this.#options;
    const total = 100_000;
    const bot = { shards, session_start_limit: { total, remaining: total, reset_after: 0, max_concurrency } };
    const found = /\/gateway(?:\/bot)?$/.exec(path.split("?", 1)[0] ?? "")?.[0];
    if (found === undefined) return await refuse(socket);
    const body = JSON.stringify({ url: `ws://${this.host}`, ...found === "/gateway/bot" ? bot : {} });
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    await write(socket, `${head}Connection: close\r\n\r\n${body}`);
  }

  #chunksOf(pieceIndex: number, format: Format): readonly Uint8Array[] {
    const key = `${pieceIndex} ${format}`;
    const chunks = this.#chunks.get(key) ??
      inChunks(this.#options.pieces[pieceIndex]?.framesOf(format) ?? []);
    this.#chunks.set(key, chunks);
    return chunks;
  }
}

/** One WebSocket. */
class Connection {
  /** Whose it is, once it has identified. */
  token: string | undefined;
  readonly format: Format;
  readonly #socket: Deno.TcpConn;
  #isFirst = true;
  /** What is written now; what comes later waits for it. */
  #writing: Promise<void> = Promise.resolve();

  constructor(socket: Deno.TcpConn, format: Format) {
    this.#socket = socket;
    this.format = format;
  }

  /** Sends a message that was not made before. */
  say(payload: unknown): void {
    const message = new TextEncoder().encode(JSON.stringify(payload));
    this.send(frameOf(message, this.format, this.#isFirst));
    this.#isFirst = false;
  }

  /** Sends bytes. What can't be sent is nobody's business any more. */
  send(...parts: readonly Uint8Array[]): Promise<void> {
    return this.#write(async () => {
      for (const part of parts) await write(this.#socket, part);
    });
  }

  /** Sends frames one by one, and says before each that it goes. */
  pace(frames: readonly Uint8Array[], perSecond: number, sending: () => void): Promise<void> {
    return this.#write(async () => {
      const startedAt = performance.now();
      for (const [index, frame] of frames.entries()) {
        const dueAt = startedAt + index / perSecond * 1_000;
        while (performance.now() < dueAt) await sleep(systemClock, 1);
        sending();
        await write(this.#socket, frame);
      }
    });
  }

  close(): void {
    close(this.#socket);
  }

  #write(work: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(work).catch(() => this.close());
    return this.#writing;
  }
}

interface Head {
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  /** What came after it already. */
  readonly rest: Uint8Array;
}

async function readHead(socket: Deno.TcpConn): Promise<Head> {
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  for (let length = 0; length < buffer.length;) {
    const count = await socket.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const [first = "", ...lines] = text.slice(0, end).split("\r\n");
    const headers = lines.map((line) => line.split(/:\s*/, 2))
      .map(([name = "", value = ""]): [string, string] => [name.toLowerCase(), value]);
    return {
      path: first.split(" ")[1] ?? "/",
      headers: new Map(headers),
      rest: buffer.slice(end + 4, length),
    };
  }
  throw new TypeError("This is no HTTP request");
}

async function refuse(socket: Deno.TcpConn): Promise<void> {
  await write(socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

async function write(socket: Deno.TcpConn, what: string | Uint8Array): Promise<void> {
  const bytes = typeof what === "string" ? new TextEncoder().encode(what) : what;
  for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
}

function close(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch {
    // It is closed.
  }
}

function inChunks(frames: readonly Uint8Array[]): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let index = 0; index < frames.length;) {
    const from = index;
    let length = 0;
    while (index < frames.length && length < WRITE_BYTES) length += frames[index++]?.length ?? 0;
    const chunk = new Uint8Array(length);
    let at = 0;
    for (const frame of frames.slice(from, index)) {
      chunk.set(frame, at);
      at += frame.length;
    }
    chunks.push(chunk);
  }
  return chunks;
}
