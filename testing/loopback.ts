/**
 * The door with real sockets on the loopback address; Deno only.
 *
 * The gateway is a TCP listener that speaks WebSocket itself. The API is `Deno.serve` behind a pipe of ours, so that its
 * connections can be cut as well.
 *
 * @module
 */

import type { Door, DoorHost } from "./door.ts";
import { LoopbackSocket } from "./loopback_socket.ts";

/** Where to listen. */
export interface LoopbackPorts {
  /** The API's port; 0 for any. */
  readonly port: number;
  /** The gateway's port; 0 for any. */
  readonly gatewayPort: number;
}

const HOSTNAME = "127.0.0.1";
const READ_BYTES = 65_536;

/** Listens. Needs permission for network access to 127.0.0.1. */
export function openLoopback({ port, gatewayPort }: LoopbackPorts): Door {
  if (!("Deno" in globalThis)) {
    throw new TypeError("Simulator.start() needs Deno's sockets: elsewhere use Simulator.inMemory()");
  }
  const api = new ApiListener(port);
  const gateway = orElse(() => new GatewayListener(gatewayPort), () => api.close());
  return {
    baseUrl: `http://${HOSTNAME}:${api.port}/api/v10`,
    gatewayUrl: `ws://${HOSTNAME}:${gateway.port}`,
    fetch: (input, init) => fetch(input, init),
    createWebSocket: (url) => new WebSocket(url),
    connect: (host) => {
      gateway.start(host);
      api.start(host);
    },
    close: async () => {
      await Promise.all([gateway.close(), api.close()]);
    },
  };
}

/** Accepts WebSockets. */
class GatewayListener {
  readonly #listener: Deno.TcpListener;
  readonly #sockets: Set<LoopbackSocket> = new Set();
  readonly #running: Set<Promise<void>> = new Set();

  constructor(port: number) {
    this.#listener = Deno.listen({ hostname: HOSTNAME, port });
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  start(host: DoorHost): void {
    this.#track(accept(this.#listener, (conn) => {
      conn.setNoDelay();
      const socket = new LoopbackSocket(conn);
      this.#sockets.add(socket);
      this.#track(this.#serve(socket, host));
    }));
  }

  async close(): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.end();
    await Promise.all(this.#running);
  }

  async #serve(socket: LoopbackSocket, host: DoorHost): Promise<void> {
    await socket.run(host, `ws://${HOSTNAME}:${this.port}`);
    if (socket.isEnded) this.#sockets.delete(socket);
  }

  #track(promise: Promise<void>): void {
    this.#running.add(promise);
    promise.finally(() => this.#running.delete(promise));
  }
}

/** Accepts HTTP, behind a pipe. */
class ApiListener {
  readonly #outer: Deno.TcpListener;
  readonly #pipes: Map<number, Pipe> = new Map();
  readonly #running: Set<Promise<void>> = new Set();
  #inner: Deno.HttpServer<Deno.NetAddr> | undefined;
  #isClosed = false;

  constructor(port: number) {
    this.#outer = Deno.listen({ hostname: HOSTNAME, port });
  }

  get port(): number {
    return this.#outer.addr.port;
  }

  start(host: DoorHost): void {
    const inner = Deno.serve(
      { hostname: HOSTNAME, port: 0, onListen: () => {} },
      async (request, { remoteAddr }) => {
        const response = await host.handle(request);
        if (response !== undefined) return response;
        this.#pipes.get(remoteAddr.port)?.cut();
        return new Response(null);
      },
    );
    this.#inner = inner;
    this.#track(accept(this.#outer, (conn) => this.#track(this.#pipe(conn, inner.addr.port))));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#outer.close();
    for (const pipe of this.#pipes.values()) pipe.cut();
    await Promise.all(this.#running);
    await this.#inner?.shutdown();
  }

  async #pipe(client: Deno.TcpConn, innerPort: number): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: HOSTNAME, port: innerPort });
    } catch {
      return client.close(); // A busy machine may refuse; the client sees its line cut.
    }
    const pipe = new Pipe(client, server);
    if (this.#isClosed) return pipe.cut();
    const { port } = server.localAddr;
    this.#pipes.set(port, pipe);
    await pipe.run();
    this.#pipes.delete(port);
  }

  #track(promise: Promise<void>): void {
    this.#running.add(promise);
    promise.finally(() => this.#running.delete(promise));
  }
}

/** Passes bytes both ways until one side ends. */
class Pipe {
  readonly #ends: readonly [client: Deno.TcpConn, server: Deno.TcpConn];
  #isCut = false;

  constructor(client: Deno.TcpConn, server: Deno.TcpConn) {
    this.#ends = [client, server];
  }

  async run(): Promise<void> {
    const [client, server] = this.#ends;
    await Promise.all([this.#pump(client, server), this.#pump(server, client)]);
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    for (const end of this.#ends) end.close();
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const bytes = new Uint8Array(READ_BYTES);
    try {
      for (let count = await from.read(bytes); count !== null; count = await from.read(bytes)) {
        for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
      }
    } catch {
      // Cut, by us or by them.
    }
    this.cut();
  }
}

/** Makes something; when that fails, undoes what was there before. */
function orElse<T>(make: () => T, undo: () => unknown): T {
  try {
    return make();
  } catch (error) {
    undo();
    throw error;
  }
}

async function accept(listener: Deno.TcpListener, take: (conn: Deno.TcpConn) => void): Promise<void> {
  try {
    for await (const conn of listener) take(conn);
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) throw error;
  }
}
