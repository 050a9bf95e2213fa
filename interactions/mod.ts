/**
 * Interactions: commands, components and forms, over the gateway or over HTTP by the same handler.
 *
 * {@linkcode InteractionServer} takes them over HTTP: a `fetch` handler that verifies signatures, answers pings and
 * acknowledges webhook events. {@linkcode InteractionListener} takes them from a `ShardManager`. Both hand an
 * {@linkcode InteractionContext} to one handler, so that a bot moves between the two by a change of one line.
 * {@linkcode syncCommands} registers commands, only when they have changed.
 *
 * An entry point of its own: it runs on Deno, Node from 22 on, Bun and Cloudflare Workers. Verifying signatures needs a
 * WebCrypto with Ed25519, which these have; elsewhere requests are answered with a 500, and the error says so.
 *
 * @example
 * ```ts
 * import { HTTPClient } from "@nextsnake/nextcore";
 * import { type InteractionHandler, InteractionServer } from "@nextsnake/nextcore/interactions";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * const onInteraction: InteractionHandler = async (context) => {
 *   await context.defer({ flags: 64 }); // Only the user will see the answer.
 *   await context.editOriginal({ content: "That took a while" });
 * };
 *
 * await using discord = Simulator.inMemory(); // In a real bot, leave it out, and the options it gives.
 * await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
 * await using server = new InteractionServer({ publicKey: discord.publicKey, http, onInteraction });
 * // Over the gateway instead: new InteractionListener(manager, { http, onInteraction })
 * await discord.setInteractionsEndpoint(server.fetch); // In a real bot: Deno.serve(server.fetch)
 *
 * const used = discord.channel.useCommand("slow");
 * console.log((await used.answer()).type); // 5
 * console.log((await used.answer()).data.content); // "That took a while"
 * ```
 *
 * @module
 */
export {
  InteractionAnsweredError,
  InteractionError,
  InteractionExpiredError,
  type InteractionName,
  InteractionNotAnsweredError,
} from "./errors.ts";
export { type AnswerOptions, InteractionContext, type SendOptions } from "./interaction_context.ts";
export { InteractionCallbackType, InteractionType } from "./interaction_kinds.ts";
export { InteractionListener, type InteractionSource } from "./interaction_listener.ts";
export type { AutoDefer, InteractionHandler, InteractionOptions } from "./interaction_runner.ts";
export { InteractionServer, type InteractionServerOptions } from "./interaction_server.ts";
export { SignatureVerifier } from "./signature.ts";
export { type CommandSync, syncCommands, type SyncCommandsOptions } from "./sync_commands.ts";
export type { WebhookEvent } from "./webhook_event.ts";
