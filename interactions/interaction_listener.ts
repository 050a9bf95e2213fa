import { systemClock } from "../clock.ts";
import type { InteractionCreate } from "../http/mod.ts";
import { CallbackRequest } from "./callback_request.ts";
import { isInteraction } from "./interaction_payload.ts";
import { type InteractionOptions, InteractionRunner } from "./interaction_runner.ts";

/** Where interactions come from: a `ShardManager`, or the `eventDispatcher` of a manager or a shard. */
export interface InteractionSource {
  /** Calls `listener` for each interaction, until the result is disposed of. */
  listen(name: "INTERACTION_CREATE", listener: (interaction: InteractionCreate) => unknown): Disposable;
}

/**
 * Has interactions handled that come over the gateway, by the same handler that an `InteractionServer` takes.
 *
 * Interactions need no intent. While an endpoint URL is set for the application, Discord sends them there instead.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient, ShardManager } from "@nextsnake/nextcore";
 * import { InteractionListener } from "@nextsnake/nextcore/interactions";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory({ token: "a.b.c" }); // In a real bot, leave it out, and the options it gives.
 * await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
 * await using manager = new ShardManager(new BotAuthentication("a.b.c"), 0, http, {
 *   createWebSocket: discord.createWebSocket,
 * });
 * await using _listener = new InteractionListener(manager, {
 *   http,
 *   onInteraction: (context) => context.reply({ content: `You used /${context.interaction.data?.name}` }),
 * });
 * await manager.connect();
 * await manager.ready();
 *
 * const used = discord.channel.useCommand("ping");
 * console.log((await used.answer()).data.content); // "You used /ping"
 * ```
 */
export class InteractionListener implements AsyncDisposable {
  readonly #runner: InteractionRunner;
  readonly #listening: Disposable;

  /**
   * Listens from now on.
   *
   * @throws {TypeError} When an option has the wrong type.
   * @throws {RangeError} When a number is out of its range.
   */
  constructor(source: InteractionSource, options: InteractionOptions) {
    if (typeof source?.listen !== "function") {
      throw new TypeError("The source of interactions must be a ShardManager, or a dispatcher of events");
    }
    this.#runner = new InteractionRunner(options);
    const { clock = systemClock, http } = options;
    // The dispatcher waits for handlers: a session is saved as far as its events are handled.
    this.#listening = source.listen("INTERACTION_CREATE", async (interaction) => {
      if (this.#runner.isClosed) return;
      if (!isInteraction(interaction)) {
        await this.#runner.report(new TypeError("INTERACTION_CREATE has no id, token or type as it should"));
      } else if (!this.#runner.hasRoom) {
        await this.#runner.report(
          new RangeError(
            `Interaction ${interaction.id} was refused: ${this.#runner.pending} are being handled`,
          ),
        );
      } else {
        await this.#runner.run(interaction, new CallbackRequest(http, interaction), clock.now(), () => {});
      }
    });
  }

  /** How many interactions are being handled. */
  get pending(): number {
    return this.#runner.pending;
  }

  /** Stops listening, and waits for the handlers that run; where that takes too long their signals are aborted. */
  async close(): Promise<void> {
    this.#listening[Symbol.dispose]();
    await this.#runner.close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
