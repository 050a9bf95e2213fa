import type { Clock } from "../clock.ts";
import type { GatewayPresence } from "../discord.ts";
import { allOf, signalOf, type WaitOptions } from "./abortable.ts";
import type { GuildMembersStream } from "./chunk_stream.ts";
import { presenceCommand } from "./commands.ts";
import type { GuildTurns } from "./guild_turns.ts";
import { MemberRequests } from "./member_requests.ts";
import type { GuildMembersQuery } from "./members_query.ts";
import { Outbox } from "./outbox.ts";
import { type GatewayCommand, GatewayOpcode, type GatewayPayload } from "./payload.ts";
import { SendLog } from "./send_log.ts";

/** Presences have a tighter limit, which Discord does not document: five in 20 s are safe (TX-9). */
const PRESENCES_PER_WINDOW = 5;
const PRESENCE_WINDOW_MS = 20_000 + 500;

/** What a queue of commands needs of its shard. */
export interface CommandQueueOptions {
  /** The shard's id. */
  readonly shardId: number;
  /** What the session asked for. */
  readonly intents: number;
  /** How many payloads may wait. */
  readonly limit: number;
  /** The source of time. */
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  /** The session that is alive, by its id, and whether it is ready. */
  readonly session: () => { readonly isReady: boolean; readonly sessionId: string | undefined };
  /** A payload was added: it may be its turn already. */
  readonly added: () => void;
  /** The turns to ask for all members of a guild. */
  readonly turns: GuildTurns;
}

/** What users want a shard to send: it waits here for a session and for room, and for its answer where there is one. */
export class CommandQueue {
  readonly #options: CommandQueueOptions;
  readonly #outbox: Outbox;
  readonly #presencePace = new SendLog(PRESENCES_PER_WINDOW, PRESENCE_WINDOW_MS);
  /** Made at the first request. */
  #members: MemberRequests | undefined;
  #isClosed = false;

  /** An empty queue. */
  constructor(options: CommandQueueOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.limit);
  }

  /** How many payloads wait to be sent. */
  get size(): number {
    return this.#outbox.size;
  }

  /** Adds what `create` gives; rejects with what it throws. See `Shard.send`. */
  send(create: () => GatewayCommand, options: WaitOptions = {}): Promise<void> {
    return this.#add(() => {
      const command = create();
      if (command?.op === GatewayOpcode.Identify || command?.op === GatewayOpcode.Resume) {
        throw new TypeError("IDENTIFY and RESUME are sent by the shard itself: use connect()");
      }
      return command;
    }, options);
  }

  /** Adds several payloads; resolves when all have been sent. */
  sendAll(create: () => readonly GatewayCommand[], options: WaitOptions): Promise<void> {
    try {
      return allOf(create().map((command) => this.send(() => command, options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Adds a presence, in place of one that waits (TX-9). */
  sendPresence(presence: GatewayPresence, options: WaitOptions): Promise<void> {
    return this.#add(() => presenceCommand(presence), options, this.#presencePace);
  }

  /** Asks for members; see `Shard.requestGuildMembers`. */
  requestMembers(guildId: string | bigint, query: GuildMembersQuery): GuildMembersStream {
    this.#checkOpen();
    this.#members ??= new MemberRequests({
      ...this.#options,
      send: (command, wait) => this.send(() => command, wait),
    });
    return this.#members.ask(guildId, query);
  }

  /** Whether an event of this name may be an answer that is waited for. */
  wants(name: string): boolean {
    return this.#members?.wants(name) ?? false;
  }

  /** A payload has come; gives whether it may be an answer that was waited for. */
  received(payload: GatewayPayload): boolean {
    return this.#members?.received(payload) ?? false;
  }

  /** Something has happened to the session: answers may have to be waited for no more. */
  follow(): void {
    this.#members?.follow();
  }

  /** When a payload may be sent, as far as it is up to the payloads: `Infinity` when none waits. */
  nextAt(now: number): number {
    return this.#outbox.nextAt(now);
  }

  /** Sends the payload whose turn it is, if `hand` can; gives back what was sent. */
  sendNext(now: number, hand: (text: string) => boolean): GatewayCommand | undefined {
    const letter = this.#outbox.next(now);
    if (letter === undefined || !hand(letter.text)) return undefined;
    this.#outbox.sent(letter, now);
    return letter.command;
  }

  /** Rejects everything that waits. */
  close(reason: unknown): void {
    this.#isClosed = true;
    this.#outbox.clear(reason);
    this.#members?.close(reason);
  }

  #add(create: () => GatewayCommand, options: WaitOptions, pace?: SendLog): Promise<void> {
    try {
      const signal = signalOf(options);
      const command = create();
      this.#checkOpen();
      const sent = this.#outbox.add(command, signal, pace);
      this.#options.added();
      return sent;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) {
      throw new TypeError(`Shard ${this.#options.shardId} has been closed: nothing can be sent`);
    }
  }
}
