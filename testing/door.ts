/**
 * The two ways into the simulated Discord, seen from inside.
 *
 * @module
 */

import type { GatewayLine, GatewayPort } from "./gateway_port.ts";

/** Discord, as a door knows it. */
export interface DoorHost {
  /** Answers a request; with `undefined` its connection is to be cut. */
  handle(request: Request): Promise<Response | undefined>;
  /** The HTTP status that refuses a handshake (0: it is never answered), or `undefined`. */
  refusalOf(url: URL): number | undefined;
  /** Takes a WebSocket that has been opened. */
  open(port: GatewayPort, url: URL): GatewayLine;
}

/** A way in. */
export interface Door {
  /** Where the API is, with the version. */
  readonly baseUrl: string;
  /** Where the gateway is. */
  readonly gatewayUrl: string;
  /** Reaches the API. */
  readonly fetch: typeof fetch;
  /** Reaches the gateway. */
  readonly createWebSocket: (url: string) => WebSocket;
  /** Lets clients in from now on. */
  connect(host: DoorHost): void;
  /** Lets nobody in any more and ends what is left. */
  close(): Promise<void>;
}
