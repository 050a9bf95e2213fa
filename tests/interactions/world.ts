// What the tests of interactions have in common: a simulated Discord in virtual time, and what goes wrong in it.
import { ShardManager } from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import {
  type InteractionContext,
  type InteractionHandler,
  InteractionListener,
  InteractionServer,
  type InteractionServerOptions,
} from "../../interactions/mod.ts";
import { signedRequest, Simulator, VirtualClock, watchCrypto } from "../../testing/mod.ts";

/** A simulated Discord whose first bot has a server for interactions. */
export class InteractionWorld implements AsyncDisposable {
  readonly #watch = watchCrypto();
  readonly clock: VirtualClock = new VirtualClock({ settle: this.#watch.settle });
  readonly discord: Simulator = Simulator.inMemory({ clock: this.clock });
  readonly http: HTTPClient;
  /** What was reported. */
  readonly errors: unknown[] = [];
  readonly server: InteractionServer;

  constructor(onInteraction: InteractionHandler, options: Partial<InteractionServerOptions> = {}) {
    const { clock, discord } = this;
    this.http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch, clock, random: () => 0.5 });
    this.server = new InteractionServer({
      publicKey: discord.publicKey,
      http: this.http,
      onInteraction,
      onError: (error) => void this.errors.push(error),
      clock,
      ...options,
    });
  }

  /** Sets the server as the bot's endpoint. */
  open(): Promise<void> {
    return this.discord.setInteractionsEndpoint(this.server.fetch);
  }

  /** Sends a signed body to the server. */
  async post(body: unknown, init: RequestInit = {}): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const request = await signedRequest(text, { signedAt: this.clock.wallNow() });
    return await this.server.fetch(new Request(request, init));
  }

  /** What somebody does with `/name`, as it is on the wire. */
  interaction(fields: object = {}): Record<string, unknown> {
    return {
      id: "1",
      application_id: "2",
      type: 2,
      token: "a-token-that-is-secret",
      version: 1,
      data: { id: "3", name: "ping", type: 1 },
      ...fields,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discord.setInteractionsEndpoint(undefined);
    await this.server.close();
    await this.http.close();
    await this.discord.close();
    this.#watch[Symbol.dispose]();
  }
}

/** A handler whose contexts a test answers by hand. */
export function handlerByHand(): {
  readonly onInteraction: InteractionHandler;
  readonly contexts: InteractionContext[];
  readonly end: () => void;
} {
  const contexts: InteractionContext[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    contexts,
    end: resolve,
    onInteraction: (context) => {
      contexts.push(context);
      return promise;
    },
  };
}

/** What a test on both ways plays with. */
export interface BothWays {
  readonly discord: Simulator;
  readonly clock: VirtualClock;
  /** What was reported. */
  readonly errors: readonly unknown[];
}

/** Runs a test over the gateway and over HTTP: the handler is the same. */
export function testBothWays(
  name: string,
  onInteraction: InteractionHandler,
  play: (world: BothWays) => Promise<void>,
  options: Partial<InteractionServerOptions> = {},
): void {
  Deno.test(`${name} (over HTTP)`, async () => {
    await using world = new InteractionWorld(onInteraction, options);
    await world.open();
    await play(world);
  });
  Deno.test(`${name} (over the gateway)`, async () => {
    const clock = new VirtualClock();
    await using discord = Simulator.inMemory({ clock });
    const { baseUrl, fetch, createWebSocket } = discord;
    await using http = new HTTPClient({ baseUrl, fetch, clock, random: () => 0.5 });
    const authentication = new BotAuthentication(discord.token);
    await using manager = new ShardManager(authentication, 0, http, { createWebSocket, clock });
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    await using _listener = new InteractionListener(manager, {
      http,
      onInteraction,
      onError,
      clock,
      ...options,
    });
    await manager.connect();
    await clock.runUntil(manager.ready());
    await play({ discord, clock, errors });
  });
}
