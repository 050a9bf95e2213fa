/**
 * A simulator in another process, for who has no sockets to listen on: other runtimes, and pages.
 *
 * @module
 */
import type { SimulatorPlace } from "./simulator_process.ts";

/** A message, as far as these tests look at it. */
export interface RemoteMessage {
  readonly content: string;
  readonly attachments: readonly { readonly filename: string; readonly size: number }[];
}

/** A connection, as far as these tests look at it. */
export interface RemoteConnection {
  readonly url: string;
  readonly isOpen: boolean;
  readonly closeCode?: number;
}

/** A request, as far as these tests look at it. */
export interface RemoteRequest {
  readonly route: string;
  readonly status: number;
  readonly userAgent: string;
}

/** One simulator of the process at `address`. */
export class RemoteDiscord {
  /** Where it is. */
  readonly place: SimulatorPlace;
  readonly #address: string;

  constructor(address: string, place: SimulatorPlace) {
    this.#address = address;
    this.place = place;
  }

  /** Starts a new one. */
  static async start(address: string): Promise<RemoteDiscord> {
    return new RemoteDiscord(address, await post(address, { call: "start" }));
  }

  /** Asks it for something. */
  ask(call: "messages"): Promise<readonly RemoteMessage[]>;
  ask(call: "requests"): Promise<readonly RemoteRequest[]>;
  ask(call: "connections"): Promise<readonly RemoteConnection[]>;
  ask(call: "sessions"): Promise<number>;
  ask(call: "say" | "drop" | "silence" | "limit" | "close", values?: object): Promise<unknown>;
  ask(call: string, values: object = {}): Promise<unknown> {
    return post(this.#address, { ...values, call, id: this.place.id });
  }
}

async function post<Answer>(address: string, body: object): Promise<Answer> {
  const answer = await fetch(`${address}/control`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new TypeError(`The simulator's process says: ${await answer.text()}`);
  return await answer.json();
}
