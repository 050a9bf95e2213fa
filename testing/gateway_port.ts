/**
 * What lies between the simulated Discord and a WebSocket, real or in memory.
 *
 * @module
 */

import type { FrameData } from "./frame_encoder.ts";

/** The simulator's end of one client's WebSocket. */
export interface GatewayPort {
  /** Sends one message. */
  send(data: FrameData): void;
  /** Sends a close frame. Any code is possible, also those that a client must not send. */
  close(code: number, reason: string): void;
  /** Ends the line without a close frame. */
  cut(): void;
  /** From now on nothing passes in either direction, and nobody is told. */
  freeze(): void;
}

/** What the simulator wants to hear from a port. */
export interface GatewayLine {
  /** A message from the client. */
  receive(data: string | Uint8Array): void;
  /** The client closed (1005 without a code) or is gone (1006). */
  closed(code: number): void;
}
