import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Dispatcher } from "../../dispatcher.ts";
import type { GatewayEvents, Shard, ShardManager } from "../../gateway/mod.ts";
import { HTTPClient, type InteractionCreate } from "../../http/mod.ts";
import { InteractionListener, type InteractionSource } from "../../interactions/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";

Deno.test("InteractionListener takes interactions from a manager, and from any dispatcher of events", () => {
  // A matter of types: this checks when it compiles.
  const sources: (InteractionSource | undefined)[] = [
    undefined as ShardManager | undefined,
    undefined as Shard["eventDispatcher"] | undefined,
    new Dispatcher<GatewayEvents>(),
  ];
  assertEquals(sources.length, 3);
});

Deno.test("InteractionListener reports what is no interaction, and what comes too often", async () => {
  const errors: unknown[] = [];
  const dispatcher = new Dispatcher<GatewayEvents>();
  const { promise, resolve } = Promise.withResolvers<void>();
  await using http = new HTTPClient({ fetch: () => Promise.resolve(new Response(null, { status: 204 })) });
  const listener = new InteractionListener(dispatcher, {
    http,
    onInteraction: async (context) => {
      await context.reply({ content: "pong" });
      await promise;
    },
    onError: (error) => void errors.push(error),
    maxPending: 1,
    clock: new VirtualClock(),
  });
  for (
    const payload of [null, 5, [], {}, { id: "1" }, {
      id: "1",
      type: 2,
      token: "t/../x",
      application_id: "2",
    }]
  ) {
    dispatcher.dispatch("INTERACTION_CREATE", payload as never);
  }
  await Promise.resolve();
  assertEquals(errors.length, 6);
  assertStringIncludes(String(errors[0]), "has no id, token or type");
  dispatcher.dispatch("INTERACTION_CREATE", interaction("1"));
  dispatcher.dispatch("INTERACTION_CREATE", interaction("2"));
  await Promise.resolve();
  assertStringIncludes(String(errors[6]), "Interaction 2 was refused: 1 are being handled");
  assertEquals(listener.pending, 1);
  resolve();
  await listener.close();
  assertEquals(listener.pending, 0);
  assertEquals(dispatcher.listenerCount("INTERACTION_CREATE"), 0);
});

Deno.test("InteractionListener keeps the dispatcher waiting for its handlers, so that a session is saved after them", async () => {
  const dispatcher = new Dispatcher<GatewayEvents>();
  const { promise, resolve } = Promise.withResolvers<void>();
  await using http = new HTTPClient({ fetch: () => Promise.resolve(new Response(null, { status: 204 })) });
  await using _listener = new InteractionListener(dispatcher, {
    http,
    clock: new VirtualClock(),
    onInteraction: async (context) => {
      await context.reply({ content: "pong" });
      await promise;
    },
  });
  dispatcher.dispatch("INTERACTION_CREATE", interaction("1"));
  let isDrained = false;
  const drained = dispatcher.drained().then(() => isDrained = true);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  assertEquals(isDrained, false);
  resolve();
  await drained;
});

Deno.test("InteractionListener tells the http client's listeners of errors where nobody else is told", async () => {
  const dispatcher = new Dispatcher<GatewayEvents>();
  await using http = new HTTPClient({ fetch: () => Promise.resolve(new Response(null, { status: 204 })) });
  const failure = http.dispatcher.waitFor("error");
  await using _listener = new InteractionListener(dispatcher, {
    http,
    clock: new VirtualClock(),
    onInteraction: () => {
      throw new Error("broken");
    },
  });
  dispatcher.dispatch("INTERACTION_CREATE", interaction("1"));
  const { error, name, payload } = await failure;
  assertEquals([String(error), name], ["Error: broken", "interaction"]);
  assertEquals(Deno.inspect(payload, { depth: 9 }).includes("a-secret-token"), false);
});

Deno.test("InteractionListener sends the callback in the turn of its answer, unauthorised (A2.7, A15.2)", async () => {
  const sent: Request[] = [];
  const dispatcher = new Dispatcher<GatewayEvents>();
  await using http = new HTTPClient({
    fetch: (input, init) => {
      sent.push(new Request(input, init));
      return Promise.resolve(new Response(null, { status: 204 }));
    },
  });
  await using _listener = new InteractionListener(dispatcher, {
    http,
    clock: new VirtualClock(),
    onInteraction: (context) => context.reply({ content: "pong" }),
  });
  dispatcher.dispatch("INTERACTION_CREATE", interaction("1"));
  assertEquals(sent.length, 1);
  assertEquals(new URL(sent[0]?.url ?? "").pathname, "/api/v10/interactions/1/a-secret-token/callback");
  assertEquals(sent[0]?.headers.get("authorization"), null);
  assertEquals(await sent[0]?.json(), { type: 4, data: { content: "pong" } });
});

Deno.test("InteractionListener says what it needs, at the call", () => {
  const options = { http: new HTTPClient(), onInteraction: () => {} };
  assertThrows(() => new InteractionListener({} as never, options), TypeError, "must be a ShardManager");
  const source = new Dispatcher<GatewayEvents>();
  assertThrows(
    () => new InteractionListener(source, { ...options, http: {} as never }),
    TypeError,
    "HTTPClient",
  );
  assertThrows(
    () => new InteractionListener(source, null as never),
    TypeError,
    "The options must be an object",
  );
});

function interaction(id: string): InteractionCreate {
  return { id, application_id: "2", type: 2, token: "a-secret-token", version: 1 } as InteractionCreate;
}
