/**
 * A server of bare sockets whose connections die at their second request: after it was read, and before an answer.
 *
 * @module
 */

/** What it has read: one text for each request, in order. */
export class DyingServer implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly #listener: Deno.TcpListener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Set<Deno.TcpConn> = new Set();
  readonly #running: Promise<void>;

  constructor() {
    this.#running = this.#accept();
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await this.#running;
  }

  async #accept(): Promise<void> {
    const served: Promise<void>[] = [];
    try {
      for await (const connection of this.#listener) served.push(this.#serve(connection));
    } catch {
      // Closed.
    }
    await Promise.all(served);
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    this.#connections.add(connection);
    const bytes = new Uint8Array(65_536);
    let text = "";
    let count = 0;
    try {
      for (let size = await connection.read(bytes); size !== null; size = await connection.read(bytes)) {
        text += new TextDecoder().decode(bytes.subarray(0, size));
        if (!isWhole(text)) continue;
        this.requests.push(text);
        text = "";
        count += 1;
        if (count === 2) break;
        await connection.write(
          new TextEncoder().encode(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
          ),
        );
      }
    } catch {
      // Cut by the other end.
    }
    this.#connections.delete(connection);
    close(connection);
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  if (length !== undefined) return text.length - end - 4 >= Number(length);
  return !/transfer-encoding: chunked/i.test(text) || text.endsWith("0\r\n\r\n");
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
