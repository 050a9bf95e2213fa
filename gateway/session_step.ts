import type { DisconnectError } from "./errors.ts";
import type { GatewayCommand, GatewayPayload } from "./payload.ts";

/** What happened. */
export type SessionInput =
  | { readonly type: "start" }
  | { readonly type: "stop"; readonly isResumable: boolean }
  | { readonly type: "opened" }
  | { readonly type: "received"; readonly payload: GatewayPayload }
  /** Something arrived that could not be read. */
  | { readonly type: "garbled"; readonly reason: string }
  | { readonly type: "closed"; readonly code: number; readonly reason: string }
  /** The identify queue has given the turn that was asked for. */
  | { readonly type: "permitted" }
  /** The session is somebody else's now. */
  | { readonly type: "taken" }
  | { readonly type: "alarm" };

/** What to do about it. */
export type SessionEffect =
  | { readonly type: "open"; readonly url: string }
  /** Close the connection and hear nothing of it any more. */
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  /** Send at once: these never wait (TX-4). */
  | { readonly type: "send"; readonly command: GatewayCommand }
  /** Ask for a turn to identify, for as long as this connection lives. */
  | { readonly type: "askPermit" }
  /** Hand the payload that was just received to the listeners. */
  | { readonly type: "deliver" }
  | {
    readonly type: "disconnected";
    readonly code: number;
    readonly reason: string;
    readonly willResume: boolean;
  }
  | { readonly type: "slowReady" | "ready" | "resumed" | "sessionLost" }
  | { readonly type: "failed"; readonly error: DisconnectError };
