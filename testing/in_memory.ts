/**
 * The door without sockets: needs no permission, runs anywhere and in virtual time.
 *
 * @module
 */

import { type Clock, sleep } from "../clock.ts";
import type { Door, DoorHost } from "./door.ts";
import { type Deliver, InMemoryWebSocket } from "./in_memory_socket.ts";

/** Nobody can own these names. */
const API_ORIGIN = "http://discord.invalid";
const GATEWAY_ORIGIN = "ws://gateway.discord.invalid";

/** Opens the door. `latencyMs` is how long everything takes one way. */
export function openInMemory(clock: Clock, latencyMs: number): Door {
  let host: DoorHost | undefined;
  let isClosed = false;
  const timers: Set<Disposable> = new Set();
  const deliver: Deliver = (callback) => {
    if (latencyMs <= 0) return queueMicrotask(() => isClosed || callback());
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      callback();
    }, latencyMs);
    timers.add(timer);
  };
  return {
    baseUrl: `${API_ORIGIN}/api/v10`,
    gatewayUrl: GATEWAY_ORIGIN,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      request.signal.throwIfAborted();
      if (host === undefined || isClosed || new URL(request.url).origin !== API_ORIGIN) {
        throw new TypeError(
          `Nobody answers at ${new URL(request.url).origin}: the simulator is at ${API_ORIGIN}`,
        );
      }
      const response = await untilAborted(answer(host, request, clock, latencyMs), request.signal);
      if (response === undefined) throw new TypeError("The connection was closed before an answer came");
      return response;
    },
    createWebSocket: (url) => {
      const target = new URL(url);
      if (host === undefined || isClosed || target.origin !== new URL(GATEWAY_ORIGIN).origin) {
        throw new TypeError(`Nobody answers at ${target.origin}: the gateway is at ${GATEWAY_ORIGIN}`);
      }
      return new InMemoryWebSocket(host, target, deliver);
    },
    connect: (newHost) => {
      host = newHost;
    },
    close: () => {
      isClosed = true;
      for (const timer of timers) timer[Symbol.dispose]();
      timers.clear();
      return Promise.resolve();
    },
  };
}

async function answer(
  host: DoorHost,
  request: Request,
  clock: Clock,
  latencyMs: number,
): Promise<Response | undefined> {
  if (latencyMs > 0) await sleep(clock, latencyMs, { signal: request.signal });
  const response = await host.handle(request);
  if (latencyMs > 0) await sleep(clock, latencyMs, { signal: request.signal });
  return response;
}

/** Follows `promise` unless `signal` is aborted before. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
