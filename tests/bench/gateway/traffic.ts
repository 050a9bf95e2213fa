/** One event, as a server would say it. */
export interface TrafficEvent {
  readonly t: string;
  readonly d: Readonly<Record<string, unknown>>;
}

/** What a run of events holds, for whoever counts them. */
export interface Totals {
  readonly events: number;
  /** How many of them are `MESSAGE_CREATE`. */
  readonly messages: number;
  /** How long the `content` of those is, together. */
  readonly characters: number;
}

const WORDS =
  "the of and to in is you that it he was for on are as with his they I at be this have from or one had by word but not what all were we when your can said there use an each which she do how their if will up other about out many then them these so some her would make like him into time has look two more write go see number no way could people my than first water been call who oil its now find long down day did get come made may part lol ok thanks brb ngl fr tbh imo nice wait really actually maybe server bot role channel update game night stream music clip emoji pog 🔥 😂 é ü ñ 你好 こんにちは"
    .split(" ");
const GUILDS = 200;
const USERS = 8000;
const HEX = "0123456789abcdef";

/** How many of a hundred events have each name. */
const MIX: Readonly<Record<string, number>> = {
  MESSAGE_CREATE: 30,
  PRESENCE_UPDATE: 26,
  TYPING_START: 12,
  MESSAGE_UPDATE: 8,
  MESSAGE_REACTION_ADD: 8,
  VOICE_STATE_UPDATE: 6,
  GUILD_MEMBER_UPDATE: 4,
  MESSAGE_DELETE: 3,
  GUILD_MEMBER_ADD: 2,
  CHANNEL_UPDATE: 1,
};
const DECK = Object.entries(MIX).flatMap(([name, count]) => Array.from({ length: count }, () => name));

/** Makes up what goes on in some guilds: always the same for the same seed. */
export class Traffic {
  #state: number;
  #clock = 1_790_000_000_000;
  readonly #guilds: readonly Guild[];
  readonly #users: readonly User[];

  constructor(seed: number) {
    this.#state = seed;
    this.#users = Array.from({ length: USERS }, (_, index) => this.#createUser(index));
    this.#guilds = Array.from({ length: GUILDS }, (_, index) => this.#createGuild(index));
  }

  /** The next event. */
  next(): TrafficEvent {
    this.#clock += this.#below(40);
    const t = DECK[this.#below(DECK.length)] ?? "TYPING_START";
    return { t, d: this.#dataOf(t) };
  }

  #dataOf(t: string): TrafficEvent["d"] {
    const guild = this.#pick(this.#guilds);
    const channel_id = this.#pick(guild.channels);
    const user = this.#pick(this.#users);
    const { id: user_id } = user;
    const member = this.#memberOf(user, guild);
    const at = { guild_id: guild.id, channel_id };
    if (t === "MESSAGE_CREATE" || t === "MESSAGE_UPDATE") return this.#message(user, guild, channel_id);
    if (t === "PRESENCE_UPDATE") return this.#presence(user, guild);
    if (t === "MESSAGE_DELETE") return { id: this.#id(), ...at };
    if (t === "TYPING_START") {
      return { user_id, timestamp: Math.floor(this.#clock / 1000), member: { user, ...member }, ...at };
    }
    if (t === "MESSAGE_REACTION_ADD") {
      const emoji = { name: this.#pick(["🔥", "😂", "👍", "pepe"]), id: null };
      return {
        user_id,
        type: 0,
        message_id: this.#id(),
        message_author_id: this.#pick(this.#users).id,
        ...at,
        member: { user, ...member },
        emoji,
        burst: false,
      };
    }
    if (t === "VOICE_STATE_UPDATE") return this.#voiceState(user, guild, channel_id);
    if (t === "CHANNEL_UPDATE") return this.#channel(guild, channel_id);
    return { user, ...member, guild_id: guild.id };
  }

  #message(author: User, guild: Guild, channel_id: string): TrafficEvent["d"] {
    const isReply = this.#below(5) === 0;
    const mentioned = this.#pick(this.#users);
    return {
      type: isReply ? 19 : 0,
      tts: false,
      timestamp: this.#date(),
      pinned: false,
      nonce: this.#id(),
      mentions: isReply ? [{ ...mentioned, member: this.#memberOf(mentioned, guild) }] : [],
      mention_roles: [],
      mention_everyone: false,
      member: this.#memberOf(author, guild),
      ...isReply
        ? { message_reference: { type: 0, message_id: this.#id(), guild_id: guild.id, channel_id } }
        : {},
      id: this.#id(),
      flags: 0,
      embeds: this.#below(12) === 0 ? [this.#embed()] : [],
      edited_timestamp: null,
      content: this.#words(2 + this.#below(26)),
      components: [],
      channel_type: 0,
      channel_id,
      author,
      attachments: [],
      guild_id: guild.id,
    };
  }

  #embed(): object {
    const url = `https://example.com/${this.#hex(24)}`;
    return {
      type: "rich",
      url,
      title: this.#words(5),
      description: this.#words(30),
      color: this.#below(0xffffff),
      thumbnail: { url: `${url}/thumbnail.png`, width: 320, height: 180, flags: 0 },
      footer: { text: this.#words(3) },
    };
  }

  #presence({ id }: User, guild: Guild): TrafficEvent["d"] {
    const activities = Array.from({ length: this.#below(3) }, () => ({
      type: this.#below(4),
      name: this.#pick(guild.games),
      id: this.#hex(16),
      created_at: this.#clock,
      timestamps: { start: this.#clock - this.#below(9_000_000) },
      state: this.#words(3),
      details: this.#words(5),
      assets: { large_text: this.#words(2), large_image: `spotify:${this.#hex(40)}` },
      session_id: this.#hex(32),
    }));
    const status = this.#pick(["online", "idle", "dnd", "offline"]);
    return {
      user: { id },
      status,
      guild_id: guild.id,
      client_status: { desktop: status },
      broadcast: null,
      activities,
    };
  }

  #voiceState(user: User, guild: Guild, channel_id: string): TrafficEvent["d"] {
    return {
      member: { user, ...this.#memberOf(user, guild) },
      user_id: user.id,
      suppress: false,
      session_id: this.#hex(32),
      self_video: false,
      self_mute: this.#below(2) === 0,
      self_deaf: false,
      request_to_speak_timestamp: null,
      mute: false,
      guild_id: guild.id,
      deaf: false,
      channel_id,
    };
  }

  #channel(guild: Guild, id: string): TrafficEvent["d"] {
    const permission_overwrites = guild.roles.slice(0, 8).map((role) => (
      { type: 0, id: role, deny: "2048", allow: String(this.#below(1_000_000)) }
    ));
    return {
      version: this.#clock,
      type: 0,
      topic: this.#words(12),
      rate_limit_per_user: 0,
      position: this.#below(50),
      permission_overwrites,
      parent_id: null,
      nsfw: false,
      name: this.#words(2),
      last_message_id: this.#id(),
      id,
      guild_id: guild.id,
      flags: 0,
    };
  }

  #createUser(index: number): User {
    return {
      username: `${this.#pick(WORDS)}${this.#hex(4)}`,
      public_flags: 0,
      primary_guild: null,
      id: String(180_000_000_000_000_000n + BigInt(index) * 7_919_000_001n),
      global_name: this.#words(1 + this.#below(2)),
      display_name_styles: null,
      discriminator: "0",
      collectibles: null,
      clan: null,
      avatar_decoration_data: null,
      avatar: this.#hex(32),
    };
  }

  #createGuild(index: number): Guild {
    const id = 613_425_648_000_000_000n + BigInt(index) * 4_194_304_000_000n;
    const ids = (from: bigint, length: number): string[] =>
      Array.from({ length }, (_, at) => String(id + from + BigInt(at) * 7_907_003n));
    const games = Array.from({ length: 12 }, () => this.#words(2));
    return { id: String(id), channels: ids(1_000_000n, 25), roles: ids(2_000_000n, 17), games };
  }

  /** A user is the same in a guild each time. */
  #memberOf({ id }: User, guild: Guild): object {
    const hash = (BigInt(id) * BigInt(guild.id) >> 20n) % 1_000_000_000_039n;
    const joinedAt = new Date(1_500_000_000_000 + Number(hash % 280_000_000_000n));
    const from = Number(hash % 17n);
    return {
      roles: guild.roles.filter((_, index) => hash >> BigInt(index + 9) & hash >> BigInt(index + 4) & 1n),
      premium_since: null,
      pending: false,
      nick: from % 2 === 0 ? `nick ${hash.toString(36)}` : null,
      mute: false,
      joined_at: joinedAt.toISOString().replace("Z", `${hash % 900n + 100n}+00:00`),
      flags: from % 2,
      deaf: false,
      communication_disabled_until: null,
      banner: null,
      avatar: null,
    };
  }

  #id(): string {
    return String((BigInt(this.#clock - 1_420_070_400_000) << 22n) + BigInt(this.#below(1 << 22)));
  }

  #date(): string {
    return new Date(this.#clock).toISOString().replace("Z", "000+00:00");
  }

  #hex(length: number): string {
    return Array.from({ length }, () => HEX[this.#below(16)]).join("");
  }

  #words(count: number): string {
    return Array.from({ length: count }, () => this.#pick(WORDS)).join(" ");
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[this.#below(values.length)];
    if (value === undefined) throw new RangeError("There is nothing to pick from");
    return value;
  }

  /** A whole number below `limit` (mulberry32). */
  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit);
  }
}

interface Guild {
  readonly id: string;
  readonly channels: readonly string[];
  readonly roles: readonly string[];
  readonly games: readonly string[];
}

interface User {
  readonly id: string;
  readonly [name: string]: unknown;
}
