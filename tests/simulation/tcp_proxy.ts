const HOSTNAME = "127.0.0.1";
const READ_BYTES = 16_384;

/** How bytes go through a {@linkcode TcpProxy}. */
export interface Weather {
  /** The most bytes in one write: frames and handshakes arrive in pieces. */
  pieceBytes: number;
  /** Milliseconds between two writes. */
  delayMs: number;
}

/** A TCP proxy on the loopback address between a bot and a simulator, that can do to a line what networks do. */
export class TcpProxy implements AsyncDisposable {
  /** How bytes go through, from now on. */
  readonly weather: Weather = { pieceBytes: Infinity, delayMs: 0 };
  readonly #listener: Deno.TcpListener;
  readonly #targetPort: number;
  readonly #pipes = new Set<Pipe>();
  readonly #running = new Set<Promise<unknown>>();

  /** Listens, and passes everything on to `targetPort`. */
  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = Deno.listen({ hostname: HOSTNAME, port: 0 });
    this.#track(this.#accept());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** How many lines there are. */
  get lines(): number {
    return this.#pipes.size / 2;
  }

  /** Cuts all lines of now, in the middle of whatever they say. */
  cut(): void {
    for (const pipe of this.#pipes) pipe.end();
  }

  /** Nothing goes through the lines of now any more, in either direction; nobody is told. */
  stall(): void {
    for (const pipe of this.#pipes) pipe.stall();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: HOSTNAME, port: this.#targetPort }).catch(() =>
        undefined
      );
      if (server === undefined) {
        client.close();
        continue;
      }
      for (const [from, to] of [[client, server], [server, client]] as const) this.#pipe(from, to);
    }
  }

  #pipe(from: Deno.TcpConn, to: Deno.TcpConn): void {
    to.setNoDelay();
    const pipe = new Pipe(from, to, this.weather);
    this.#pipes.add(pipe);
    this.#track(pipe.run().finally(() => this.#pipes.delete(pipe)));
  }

  #track(work: Promise<unknown>): void {
    const settled = work.catch(() => {}).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
  }
}

/** One direction of one line. */
class Pipe {
  readonly #from: Deno.TcpConn;
  readonly #to: Deno.TcpConn;
  readonly #weather: Weather;
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();
  #isStalled = false;

  constructor(from: Deno.TcpConn, to: Deno.TcpConn, weather: Weather) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
  }

  stall(): void {
    this.#isStalled = true;
  }

  end(): void {
    this.#end.resolve();
    for (const connection of [this.#from, this.#to]) {
      try {
        connection.close();
      } catch {
        // The other direction has closed it.
      }
    }
  }

  /** Until either side ends, or the line is cut. */
  async run(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (let read; (read = await this.#from.read(buffer)) !== null;) {
        for (let at = 0; at < read;) at += await this.#pass(buffer.subarray(at, read));
      }
    } catch {
      // Cut off while it read or wrote.
    } finally {
      this.end();
    }
  }

  /** Passes a piece on; gives its length. */
  async #pass(bytes: Uint8Array): Promise<number> {
    const { pieceBytes, delayMs } = this.#weather;
    if (this.#isStalled) await this.#end.promise;
    if (delayMs > 0) await this.#wait(delayMs);
    return await this.#to.write(bytes.subarray(0, Math.min(bytes.length, pieceBytes)));
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, this.#end.promise]);
    clearTimeout(timer);
  }
}
