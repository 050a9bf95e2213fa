import type { GuildMembersQuery, VoiceStateCommand } from "../gateway/mod.ts";
import { recordIn } from "./reply.ts";

/** What a shard can be asked to do from elsewhere. Plain data. */
export type ShardOrder =
  | { readonly kind: "presence"; readonly presence: unknown }
  | { readonly kind: "voice"; readonly guildId: string; readonly state: VoiceStateCommand }
  | { readonly kind: "members"; readonly guildId: string; readonly query: GuildMembersQuery }
  | { readonly kind: "sounds"; readonly guildIds: readonly string[] }
  | { readonly kind: "channelInfo"; readonly guildId: string; readonly fields: readonly string[] }
  | { readonly kind: "send"; readonly payload: unknown };

/** An order on its way. */
export interface ShardLetter {
  /** What its answers bear. */
  readonly id: string;
  /** The list for its answers. */
  readonly replyTo: string;
  /** The shard. */
  readonly shardId: number;
  /** What to do. */
  readonly order: ShardOrder;
}

/** What comes back. */
export type ShardAnswer =
  /** A part of what was asked for; more follows. */
  | { readonly id: string; readonly type: "part"; readonly part: unknown }
  /** It is done. */
  | { readonly id: string; readonly type: "done" }
  /** It could not be done. */
  | { readonly id: string; readonly type: "failed"; readonly name: string; readonly message: string };

const KINDS: readonly unknown[] = ["presence", "voice", "members", "sounds", "channelInfo", "send"];

/** The letter in a text; `undefined` when it is none. What is in the order is checked by the shard that does it. */
export function letterIn(text: string): ShardLetter | undefined {
  const { id, replyTo, shardId, order } = recordIn(text) ?? {};
  const isWhole = typeof id === "string" && typeof replyTo === "string" && typeof shardId === "number" &&
    typeof order === "object" && order !== null && "kind" in order && KINDS.includes(order.kind);
  return isWhole ? { id, replyTo, shardId, order: order as ShardOrder } : undefined;
}

/** The answer in a text; `undefined` when it is none. */
export function answerIn(text: string): ShardAnswer | undefined {
  const { id, type, part, name, message } = recordIn(text) ?? {};
  if (typeof id !== "string") return undefined;
  if (type === "done") return { id, type };
  if (type === "part") return { id, type, part };
  if (type !== "failed") return undefined;
  return { id, type, name: String(name), message: String(message) };
}
