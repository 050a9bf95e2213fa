/**
 * A gateway session: what a bot's shard missed and may ask for again.
 *
 * @module
 */

import { asSeenBy, isIntended } from "./intents.ts";
import { type EventViewer, shardOf, type WorldEvent } from "./stage.ts";
import type { SimulatedBot } from "./user.ts";
import type { WireObject, WirePayload } from "./wire.ts";

/** A session, for assertions. */
export interface SimulatedSession {
  /** Its name. */
  readonly id: string;
  /** Whose it is. */
  readonly bot: SimulatedBot;
  /** The shard. */
  readonly shardId: number;
  /** Of how many. */
  readonly shardCount: number;
  /** What it asked for. */
  readonly intents: number;
  /** The `s` of its latest event. */
  readonly sequence: number;
  /** Whether a connection carries it now. */
  readonly isConnected: boolean;
  /** How often it was resumed. */
  readonly resumeCount: number;
}

/** What a session is started with. */
export interface SessionSetup {
  /** Its name. */
  readonly id: string;
  /** Whose it is. */
  readonly bot: SimulatedBot;
  /** The shard. */
  readonly shardId: number;
  /** Of how many. */
  readonly shardCount: number;
  /** What it asked for. */
  readonly intents: number;
  /** Of its IDENTIFY. */
  readonly largeThreshold: number;
  /** How many events are kept for a resume. */
  readonly historyLimit: number;
}

/** Where a session's payloads go while it is connected. */
export interface SessionOutlet {
  /** Sends one payload. */
  push(payload: WirePayload): void;
}

/** The server's side of a session. */
export class GatewaySession implements SimulatedSession, EventViewer {
  readonly id: string;
  readonly bot: SimulatedBot;
  readonly shardId: number;
  readonly shardCount: number;
  readonly intents: number;
  readonly largeThreshold: number;
  /** When the connection went; `undefined` while there is one. */
  disconnectedAt: number | undefined;
  resumeCount = 0;
  /** Whether the next resume is refused though the session goes on. */
  isDoomed = false;
  #outlet: SessionOutlet | undefined;
  #sequence = 0;
  /** The `s` of the newest event that is no longer in the history. */
  #forgottenUpTo = 0;
  readonly #history: WirePayload[] = [];
  readonly #historyLimit: number;

  constructor(setup: SessionSetup) {
    this.id = setup.id;
    this.bot = setup.bot;
    this.shardId = setup.shardId;
    this.shardCount = setup.shardCount;
    this.intents = setup.intents;
    this.largeThreshold = setup.largeThreshold;
    this.#historyLimit = setup.historyLimit;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get isConnected(): boolean {
    return this.#outlet !== undefined;
  }

  /** The bot's user id. */
  get botId(): string {
    return this.bot.id;
  }

  /** Whether guild (or, without an id, direct-message) events come here. */
  isFor(guildId: string | undefined): boolean {
    return guildId === undefined ? this.shardId === 0 : shardOf(guildId, this.shardCount) === this.shardId;
  }

  /** Delivers the event if this session should see it, now or at a resume. */
  offer({ name, payload, guildId, botId }: WorldEvent): void {
    // What happens before READY is in READY and the guilds behind it.
    if (this.#sequence === 0 || (botId !== undefined && botId !== this.bot.id)) return;
    const isGuild = guildId !== undefined;
    if (!this.isFor(guildId)) return;
    const data = typeof payload === "function" ? payload(this) : payload;
    if (isIntended(name, data, isGuild, this)) this.dispatch(name, asSeenBy(name, data, isGuild, this));
  }

  /** Delivers an event whatever the intents are. */
  dispatch(name: string, data: WireObject): void {
    const payload: WirePayload = { t: name, s: ++this.#sequence, op: 0, d: data };
    this.#remember(payload);
    this.#outlet?.push(payload);
  }

  /** Gives the session a line. */
  attach(outlet: SessionOutlet): void {
    this.#outlet = outlet;
    this.disconnectedAt = undefined;
  }

  /** Takes the line away, if it still is this one. */
  detach(outlet: SessionOutlet, now: number): void {
    if (this.#outlet !== outlet) return;
    this.#outlet = undefined;
    this.disconnectedAt = now;
  }

  /** Whether everything after `sequence` is still in the history. */
  canReplayAfter(sequence: number): boolean {
    return sequence >= this.#forgottenUpTo && sequence <= this.#sequence;
  }

  /** Sends everything after `sequence` again, then RESUMED (RS-2). */
  replayAfter(sequence: number): void {
    this.resumeCount++;
    for (const payload of this.#history) {
      if ((payload.s ?? 0) > sequence) this.#outlet?.push(payload);
    }
    // RESUMED has a number but is not part of the history: a later resume must not replay it amid the events.
    this.#outlet?.push({ t: "RESUMED", s: ++this.#sequence, op: 0, d: { _trace: ["simulator"] } });
  }

  /** Nobody can resume it any more, though whoever looks at old connections may still see it. */
  forget(): void {
    this.#history.length = 0;
  }

  #remember(payload: WirePayload): void {
    this.#history.push(payload);
    if (this.#history.length > this.#historyLimit) this.#forgottenUpTo = this.#history.shift()?.s ?? 0;
  }
}
