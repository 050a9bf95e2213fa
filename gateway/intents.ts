import { shown } from "./shown.ts";

/** One bit per group of events that a bot can ask for, in the order of Discord's list. */
export const Intents = {
  /** Guilds, roles, channels, threads and stages. */
  Guilds: 1,
  /** Members joining, changing and leaving. Privileged. */
  GuildMembers: 2,
  /** Audit log entries and bans. */
  GuildModeration: 4,
  /** Emojis, stickers and soundboard sounds. */
  GuildExpressions: 8,
  /** Integrations. */
  GuildIntegrations: 16,
  /** Webhooks. */
  GuildWebhooks: 32,
  /** Invites. */
  GuildInvites: 64,
  /** Who is in which voice channel. */
  GuildVoiceStates: 128,
  /** Presences of members. Privileged. */
  GuildPresences: 256,
  /** Messages in guilds. */
  GuildMessages: 512,
  /** Reactions in guilds. */
  GuildMessageReactions: 1024,
  /** Somebody starts to type in a guild. */
  GuildMessageTyping: 2048,
  /** Direct messages, and ephemeral ones. */
  DirectMessages: 4096,
  /** Reactions in direct messages. */
  DirectMessageReactions: 8192,
  /** Somebody starts to type in a direct message. */
  DirectMessageTyping: 16384,
  /** No events of its own: fills the content, embeds, attachments, components and poll of messages. Privileged. */
  MessageContent: 32768,
  /** Scheduled events. */
  GuildScheduledEvents: 65536,
  /** Auto moderation rules. */
  AutoModerationConfiguration: 1048576,
  /** What auto moderation did. */
  AutoModerationExecution: 2097152,
  /** Votes on polls in guilds. */
  GuildMessagePolls: 16777216,
  /** Votes on polls in direct messages. */
  DirectMessagePolls: 33554432,
} as const;

/** One intent: a value of {@linkcode Intents}. Combine several with `|`. */
export type Intents = typeof Intents[keyof typeof Intents];

/** Intents that Discord grants only on request (IN-2). */
const PRIVILEGED: readonly (keyof typeof Intents)[] = ["GuildMembers", "GuildPresences", "MessageContent"];

const ALL_INTENTS: number = Object.values(Intents).reduce((bits, bit) => bits | bit, 0);

/** The names of the privileged intents in `intents` (IN-3). */
export function privilegedIntents(intents: number): string[] {
  return PRIVILEGED.filter((name) => (intents & Intents[name]) !== 0);
}

/** Throws unless `intents` is a sum of known bits: Discord closes a connection that asks for others with 4013. */
export function checkIntents(intents: number): void {
  if (typeof intents !== "number" || !Number.isSafeInteger(intents) || intents < 0) {
    throw new TypeError(
      `Intents must be a non-negative safe integer, such as Intents.Guilds | Intents.GuildMessages: got ${
        shown(intents)
      }`,
    );
  }
  // Beyond 2 ** 31 the bit operators wrap around: divide instead.
  const high = Math.floor(intents / 2 ** 31);
  const unknown = (intents % 2 ** 31) & ~ALL_INTENTS;
  if (high === 0 && unknown === 0) return;
  const bits = [...unknownBits(unknown, 0), ...unknownBits(high, 31)];
  throw new RangeError(
    `Intents hold bits that Discord does not know (${bits.join(", ")}): combine values of Intents only`,
  );
}

function* unknownBits(bits: number, offset: number): Generator<number> {
  for (let bit = 0; bits > 0; bit += 1, bits = Math.floor(bits / 2)) {
    if (bits % 2 === 1) yield bit + offset;
  }
}
