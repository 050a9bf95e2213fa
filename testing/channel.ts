/**
 * Channels: where users write and bots answer.
 *
 * @module
 */

import type { InteractOptions, SimulatedInteraction, UseCommandOptions } from "./interaction.ts";
import { Mailbox, type WaitOptions } from "./mailbox.ts";
import type { Stage } from "./stage.ts";
import type { SimulatedUser } from "./user.ts";
import type { WireAttachment, WireChannel, WireMember, WireMessage, WireObject } from "./wire.ts";

/** Options of {@linkcode SimulatedChannel.say}. */
export interface SayOptions {
  /** Who writes; the simulator's first user by default. */
  user?: SimulatedUser;
  /** Further fields of the message, as they are on the wire. */
  fields?: WireObject;
}

/** Where a channel is. */
export interface ChannelPlace {
  /** Its guild's id; absent for direct messages. */
  readonly guildId?: string | undefined;
  /** The other side of direct messages. */
  readonly recipient?: SimulatedUser | undefined;
  /** Who writes when nobody is named. */
  readonly defaultUser: SimulatedUser;
  /** The member that a user is here. */
  memberOf(userId: string): WireMember | undefined;
}

/** A message before it has an id. */
export interface MessageDraft {
  /** Who writes. */
  readonly author: SimulatedUser;
  /** The text. */
  readonly content: string;
  /** Files. */
  readonly attachments?: WireAttachment[] | undefined;
  /** Further fields, as they are on the wire. */
  readonly fields?: WireObject | undefined;
}

/** Messages kept in a channel; the oldest go first. */
const MAX_MESSAGES = 10_000;

/** A channel. */
export class SimulatedChannel {
  /** Snowflake. */
  readonly id: string;
  /** Its name; empty for direct messages. */
  readonly name: string;
  /** 0 text, 1 direct message, 2 voice. */
  readonly type: number;
  /** Its guild's id; `undefined` for direct messages. */
  readonly guildId: string | undefined;
  readonly #stage: Stage;
  readonly #place: ChannelPlace;
  readonly #messages: Map<string, WireMessage> = new Map();
  readonly #posts: Mailbox<WireMessage>;

  /** Made by `guild.addChannel` and `simulator.directChannel`. */
  constructor(
    stage: Stage,
    place: ChannelPlace,
    { id, name, type }: { id: string; name: string; type: number },
  ) {
    this.id = id;
    this.name = name;
    this.type = type;
    this.guildId = place.guildId;
    this.#stage = stage;
    this.#place = place;
    this.#posts = new Mailbox(
      stage.clock,
      `message of a bot in ${name === "" ? "the direct messages" : `#${name}`}`,
    );
  }

  /** Everything written here, oldest first (at most 10 000 messages). */
  get messages(): readonly WireMessage[] {
    return [...this.#messages.values()];
  }

  /** A user writes `text`: MESSAGE_CREATE to every session that should get it. */
  say(text: string, { user = this.#place.defaultUser, fields }: SayOptions = {}): WireMessage {
    return this.add({ author: user, content: text, fields });
  }

  /** What a bot posted here: each message once, in order, also those that came before the call. */
  nextMessage(options: WaitOptions = {}): Promise<WireMessage> {
    return this.#posts.take(options);
  }

  /** A user uses the slash command `name`: INTERACTION_CREATE to its bot, whether it is registered or not. */
  useCommand(name: string, options: UseCommandOptions = {}): SimulatedInteraction {
    return this.#stage.useCommand(this, name, options);
  }

  /** A user uses a command, a component or a form: INTERACTION_CREATE to its bot, or a request to its endpoint. */
  interact(options: InteractOptions): SimulatedInteraction {
    return this.#stage.interact(this, options);
  }

  /** Rejects whoever waits for a message. */
  close(): void {
    this.#posts.close();
  }

  /** A message by id. */
  message(id: string): WireMessage | undefined {
    return this.#messages.get(id);
  }

  /** Somebody writes; `isHidden` for ephemeral answers, which are neither kept nor told. */
  add({ author, content, attachments = [], fields = {} }: MessageDraft, isHidden = false): WireMessage {
    const message: WireMessage = {
      id: this.#stage.nextId(),
      channel_id: this.id,
      author: author.toWire(),
      content,
      timestamp: this.#stage.timestamp(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions: this.#mentionsIn(content),
      mention_roles: [],
      attachments,
      embeds: [],
      components: [],
      pinned: false,
      type: 0,
      flags: 0,
      ...fields,
    };
    if (isHidden) return message;
    this.#keep(message);
    this.#publish("MESSAGE_CREATE", message);
    if (author.isBot) this.#posts.put(message);
    return message;
  }

  /** Somebody edits a message: MESSAGE_UPDATE. Gives the new one, or `undefined` when there is none. */
  edit(id: string, fields: WireObject): WireMessage | undefined {
    const old = this.#messages.get(id);
    if (old === undefined) return undefined;
    const message: WireMessage = { ...old, ...fields, edited_timestamp: this.#stage.timestamp() };
    message.mentions = this.#mentionsIn(message.content);
    this.#messages.set(id, message);
    this.#publish("MESSAGE_UPDATE", message);
    return message;
  }

  /** Somebody deletes a message: MESSAGE_DELETE. Says whether there was one. */
  delete(id: string): boolean {
    if (!this.#messages.delete(id)) return false;
    this.#stage.publish({
      name: "MESSAGE_DELETE",
      guildId: this.guildId,
      payload: {
        id,
        channel_id: this.id,
        ...(this.guildId === undefined ? {} : { guild_id: this.guildId }),
      },
    });
    return true;
  }

  /** As Discord sends it. */
  toWire(): WireChannel {
    const last_message_id = [...this.#messages.keys()].at(-1) ?? null;
    if (this.guildId === undefined) {
      const recipients = this.#place.recipient === undefined ? [] : [this.#place.recipient.toWire()];
      return { id: this.id, type: this.type, last_message_id, recipients };
    }
    return {
      id: this.id,
      type: this.type,
      guild_id: this.guildId,
      name: this.name,
      position: 0,
      permission_overwrites: [],
      parent_id: null,
      topic: null,
      nsfw: false,
      rate_limit_per_user: 0,
      flags: 0,
      last_message_id,
      ...(this.type === 2 ? { bitrate: 64_000, user_limit: 0, rtc_region: null } : {}),
    };
  }

  #keep(message: WireMessage): void {
    this.#messages.set(message.id, message);
    if (this.#messages.size <= MAX_MESSAGES) return;
    for (const id of this.#messages.keys()) {
      this.#messages.delete(id);
      return;
    }
  }

  #publish(name: string, message: WireMessage): void {
    const payload: WireObject = { ...message, channel_type: this.type };
    if (this.guildId !== undefined) {
      payload.guild_id = this.guildId;
      const member = this.#place.memberOf(message.author.id);
      if (member !== undefined) payload.member = { ...member, user: undefined };
    }
    this.#stage.publish({ name, guildId: this.guildId, payload });
  }

  #mentionsIn(content: string): WireMessage["mentions"] {
    const ids = new Set(Array.from(content.matchAll(/<@!?(\d{1,20})>/g), (match) => match[1] ?? ""));
    return Array.from(ids, (id) => this.#stage.findUser(id)).filter((user) => user !== undefined);
  }
}
