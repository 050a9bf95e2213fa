import type { ApplicationOperations } from "./operations/applications.ts";
import type { ChannelOperations } from "./operations/channels.ts";
import type { CommandOperations } from "./operations/commands.ts";
import type { GuildEventOperations } from "./operations/guild_events.ts";
import type { GuildSettingsOperations } from "./operations/guild_settings.ts";
import type { GuildOperations } from "./operations/guilds.ts";
import type { LobbyOperations } from "./operations/lobbies.ts";
import type { MemberOperations } from "./operations/members.ts";
import type { MessageOperations } from "./operations/messages.ts";
import type { ThreadOperations } from "./operations/threads.ts";
import type { UserOperations } from "./operations/users.ts";
import type { WebhookOperations } from "./operations/webhooks.ts";

/**
 * Every operation of Discord's API: method and path template to what it answers, and to what it takes as JSON and as query.
 *
 * An answer without a body is `undefined`. Lists that Discord's description lets be `null`, though they never are, are
 * lists here. An operation that is not here can be asked for as well, but the compiler knows nothing of it; and what it
 * knows can be extended by merging into this interface.
 *
 * @example
 * ```ts
 * import type { Operations } from "@nextsnake/nextcore";
 *
 * type Message = Operations["POST /channels/{channel_id}/messages"]["response"];
 * const message: Pick<Message, "content"> = { content: "ping" };
 * console.log(message.content);
 * ```
 */
export interface Operations
  extends
    ApplicationOperations,
    ChannelOperations,
    CommandOperations,
    GuildEventOperations,
    GuildOperations,
    GuildSettingsOperations,
    LobbyOperations,
    MemberOperations,
    MessageOperations,
    ThreadOperations,
    UserOperations,
    WebhookOperations {}

/** The path templates of the operations of a method. */
export type TemplateOf<Method extends string> = keyof Operations extends infer Key
  ? Key extends `${Method} ${infer Template}` ? Template : never
  : never;

/** The operation of a method and a template; `unknown` where there is none. */
export type OperationOf<Method extends string, Template extends string> = `${Method} ${Template}` extends
  infer Key extends keyof Operations ? Operations[Key] : unknown;
