import type { Wanted } from "../orders.ts";
import type { Tally } from "../tally.ts";

/** What a contestant is made with. */
export interface ContestantOptions {
  /** Where the gateway and its API are, without the scheme. */
  readonly host: string;
  readonly token: string;
  readonly shards: number;
  readonly wanted: Wanted;
  /** Who is told of ready shards and of wanted events. */
  readonly tally: Tally;
}

/** A client to be measured, once it has started to connect. */
export interface Contestant {
  /** Ends all connections. */
  close(): Promise<void> | void;
}

/** Makes a contestant and connects it. */
export type CreateContestant = (options: ContestantOptions) => Contestant | Promise<Contestant>;

/** Guilds, members, presences, voice states, messages and their content, reactions, typing: what the traffic is of. */
export const INTENTS: number = 1 | 1 << 1 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 15;
