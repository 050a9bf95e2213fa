import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { HTTPClient } from "../../http/mod.ts";
import {
  type InteractionHandler,
  InteractionNotAnsweredError,
  InteractionServer,
} from "../../interactions/mod.ts";
import { signedRequest, Simulator } from "../../testing/mod.ts";
import { handlerByHand, InteractionWorld } from "./world.ts";

const pong = { type: 4, data: { content: "pong" } };

Deno.test("InteractionServer answers a ping, without its handler (A15.5)", async () => {
  await using world = new InteractionWorld(() => assertEquals("called", "not called"));
  const response = await world.post({ id: "1", application_id: "2", type: 1, token: "t", version: 1 });
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  assertEquals(await response.json(), { type: 1 });
});

Deno.test("InteractionServer passes Discord's own trial of an endpoint, and answers what comes (A15.5)", async () => {
  await using world = new InteractionWorld((context) => context.respond(pong));
  await world.open();
  const answer = await world.clock.runUntil(world.discord.channel.useCommand("ping").answer());
  assertEquals(answer.data, pong.data);
});

Deno.test("InteractionServer answers 401 to every fault of the signature, and calls nobody (A15.5)", async () => {
  let calls = 0;
  await using world = new InteractionWorld(() => calls++);
  const body = JSON.stringify(world.interaction());
  const signed = await signedRequest(body, { signedAt: world.clock.wallNow() });
  const headers = Object.fromEntries(signed.headers);
  const { "x-signature-ed25519": signature = "", "x-signature-timestamp": timestamp = "" } = headers;
  const faults: Record<string, Record<string, string | undefined>> = {
    "no signature": { "x-signature-ed25519": undefined },
    "no timestamp": { "x-signature-timestamp": undefined },
    "an empty signature": { "x-signature-ed25519": "" },
    "an empty timestamp": { "x-signature-timestamp": "" },
    "no hexadecimal": { "x-signature-ed25519": "g".repeat(128) },
    "half a byte": { "x-signature-ed25519": signature.slice(1) },
    "too long": { "x-signature-ed25519": `${signature}00` },
    "a flipped bit": { "x-signature-ed25519": (signature.startsWith("0") ? "1" : "0") + signature.slice(1) },
    "two signatures": { "x-signature-ed25519": `${signature}, ${signature}` },
    "another time": { "x-signature-timestamp": String(Number(timestamp) + 1) },
    "no number": { "x-signature-timestamp": "now" },
  };
  for (const [fault, changes] of Object.entries(faults)) {
    const wrong = new Headers(headers);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) wrong.delete(name);
      else wrong.set(name, value);
    }
    const request = new Request("http://bot.invalid", { method: "POST", headers: wrong, body });
    assertEquals((await world.server.fetch(request)).status, 401, fault);
  }
  const changed = new Request("http://bot.invalid", {
    method: "POST",
    headers,
    body: body.replace("ping", "pinG"),
  });
  assertEquals((await world.server.fetch(changed)).status, 401, "a changed body");
  const empty = new Request("http://bot.invalid", { method: "POST", headers });
  assertEquals((await world.server.fetch(empty)).status, 401, "no body");
  assertEquals(calls, 0);
  assertEquals(world.errors, []);
});

Deno.test("InteractionServer answers 401 where another key has signed", async () => {
  const publicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  await using world = new InteractionWorld(() => {}, { publicKey });
  assertEquals((await world.post({ type: 1 })).status, 401);
});

Deno.test("InteractionServer answers 400 to what is signed, but is no JSON object", async () => {
  await using world = new InteractionWorld(() => {});
  for (const body of ["", "{", "null", "[]", "[{}]", '"text"', "1", "\u0000", "{}}", '{"type":']) {
    assertEquals((await world.post(body)).status, 400, body);
  }
  const invalid = await signedRequest(new Uint8Array([0xff, 0xfe, 0x7b]), {
    signedAt: world.clock.wallNow(),
  });
  assertEquals((await world.server.fetch(invalid)).status, 400);
});

Deno.test("InteractionServer answers 400 to shapes that could not be answered, and hands on all others (A18.3)", async () => {
  const seen: unknown[] = [];
  await using world = new InteractionWorld((context) => {
    seen.push(context.interaction.type);
    return context.respond({ type: 4 });
  });
  const deep = JSON.parse("[".repeat(5000) + "]".repeat(5000));
  const wrong = [
    {},
    { type: "2" },
    { id: 1 },
    { id: "../../users/@me" },
    { token: "" },
    { token: ".." },
    { token: "a/b" },
    { token: "a?b" },
    { token: 5 },
    { token: "x".repeat(5000) },
    { application_id: "@me" },
    { application_id: null },
    { type: 2.5 },
    { type: null },
  ];
  for (const fields of wrong.slice(1)) {
    assertEquals(
      (await world.post(world.interaction(fields))).status,
      400,
      JSON.stringify(fields).slice(0, 60),
    );
  }
  assertEquals((await world.post({})).status, 400);
  const odd = [
    { data: deep },
    { data: null },
    { type: 99 },
    { type: -1 },
    { member: "none", user: [] },
    { data: JSON.parse('{"__proto__":{"x":1},"constructor":5}') },
  ];
  for (const [index, fields] of odd.entries()) {
    assertEquals(
      (await world.post(world.interaction({ id: String(index), ...fields }))).status,
      200,
      JSON.stringify(fields).slice(0, 60),
    );
  }
  assertEquals(seen, [2, 2, 99, -1, 2, 2]);
  assertEquals(world.errors.length, wrong.length);
  assertStringIncludes(String(world.errors[0]), "its body is no interaction and no webhook event");
});

Deno.test("InteractionServer acknowledges a webhook event with 204 and hands it on then; its ping as well", async () => {
  const events: unknown[] = [];
  const works: Promise<unknown>[] = [];
  await using world = new InteractionWorld(() => {}, {
    onWebhookEvent: async (event) => {
      await Promise.resolve();
      events.push(event);
      throw new Error("after all");
    },
    waitUntil: (work) => void works.push(work),
  });
  await world.discord.setWebhookEventsEndpoint(world.server.fetch);
  const user = { id: "5" };
  assertEquals(await world.discord.sendWebhookEvent("APPLICATION_AUTHORIZED", { user }), 204);
  await Promise.all(works);
  assertEquals(events, [{
    application_id: world.discord.bot.applicationId,
    type: "APPLICATION_AUTHORIZED",
    timestamp: "2026-01-01T00:00:00.000000+00:00",
    data: { user },
  }]);
  assertEquals(world.errors.map(String), ["Error: after all"]);
  assertEquals(world.server.pending, 0);
  for (const event of [null, [], {}, { type: 1 }, { type: "", timestamp: "" }, { type: "X" }]) {
    const body = { version: 1, application_id: "1", type: 1, event };
    assertEquals((await world.post(body)).status, 400);
  }
});

Deno.test("InteractionServer refuses webhook events that nobody handles, so that their URL can't be set", async () => {
  await using world = new InteractionWorld(() => {});
  assertEquals((await world.post({ version: 1, application_id: "1", type: 0 })).status, 501);
  const event = { type: "ENTITLEMENT_CREATE", timestamp: "2026-01-01T00:00:00Z" };
  assertEquals((await world.post({ version: 1, application_id: "1", type: 1, event })).status, 501);
});

Deno.test("InteractionServer refuses more than maxPending at once with 503, and those after it was closed", async () => {
  const { onInteraction, contexts, end } = handlerByHand();
  await using world = new InteractionWorld(onInteraction, { maxPending: 1 });
  const first = world.post(world.interaction());
  while (contexts.length === 0) await world.clock.advance(0);
  assertEquals(world.server.pending, 1);
  assertEquals((await world.post(world.interaction({ id: "9" }))).status, 503);
  assertEquals((await world.post({ id: "1", application_id: "2", type: 1, token: "t" })).status, 200);
  await contexts[0]?.respond(pong);
  assertEquals((await first).status, 200);
  end();
  await world.server.close();
  assertEquals(world.server.pending, 0);
  assertEquals((await world.post({ type: 1 })).status, 503);
});

Deno.test("InteractionServer closes after closeTimeoutMs at the latest, and aborts the handlers' signal", async () => {
  const { onInteraction, contexts, end } = handlerByHand();
  await using world = new InteractionWorld(onInteraction, { closeTimeoutMs: 500 });
  const posted = world.post(world.interaction());
  while (contexts.length === 0) await world.clock.advance(0);
  await contexts[0]?.defer();
  await posted;
  const at = world.clock.now();
  await world.clock.runUntil(world.server.close());
  assertEquals(world.clock.now() - at, 500);
  assertEquals(contexts[0]?.signal.aborted, true);
  end();
  await world.clock.advance(0);
  assertEquals(world.server.pending, 0);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("InteractionServer keeps no program alive for a handler that never ends", async () => {
  const forever = Promise.withResolvers<void>();
  await using world = new InteractionWorld(async (context) => {
    await context.defer();
    await forever.promise;
  }, { closeTimeoutMs: 5000 });
  assertEquals((await world.post(world.interaction())).status, 200);
  await world.clock.runUntil(world.server.close());
  assertEquals([world.server.pending, world.clock.pendingTimers], [1, 0]);
  forever.resolve();
});

Deno.test("InteractionServer waits for its handlers as long as it takes where closeTimeoutMs is Infinity", async () => {
  const { onInteraction, contexts, end } = handlerByHand();
  await using world = new InteractionWorld(onInteraction, { closeTimeoutMs: Infinity });
  const posted = world.post(world.interaction());
  while (contexts.length === 0) await world.clock.advance(0);
  await contexts[0]?.respond(pong);
  await posted;
  const closed = world.server.close();
  await world.clock.advance(60_000);
  assertEquals(world.server.pending, 1);
  end();
  await closed;
  assertEquals(world.server.pending, 0);
});

Deno.test("InteractionServer handles an interaction once, also where its request is replayed", async () => {
  let calls = 0;
  const onInteraction: InteractionHandler = (context) => {
    calls += 1;
    return context.respond(pong);
  };
  await using world = new InteractionWorld(onInteraction, { maxRememberedIds: 2 });
  const statusOf = async (id: string): Promise<number> => {
    const response = await world.post(world.interaction({ id }));
    await response.body?.cancel();
    return response.status;
  };
  assertEquals([await statusOf("1"), await statusOf("1"), await statusOf("2")], [200, 409, 200]);
  // The limit: the oldest is forgotten.
  assertEquals([await statusOf("3"), await statusOf("2"), await statusOf("1")], [200, 409, 200]);
  assertEquals(calls, 4);
  await world.clock.advance(1_800_001); // as long as its signature could be taken
  assertEquals(await statusOf("1"), 200);
  await using forgetful = new InteractionWorld(onInteraction, { maxRememberedIds: 0 });
  assertEquals((await forgetful.post(forgetful.interaction())).status, 200);
  assertEquals((await forgetful.post(forgetful.interaction())).status, 200);
});

Deno.test("InteractionServer handles an interaction that it had no room for, when it comes again", async () => {
  const busy = Promise.withResolvers<void>();
  await using world = new InteractionWorld(async (context) => {
    await context.respond(pong);
    await busy.promise;
  }, { maxPending: 1 });
  assertEquals((await world.post(world.interaction())).status, 200);
  assertEquals((await world.post(world.interaction({ id: "9" }))).status, 503);
  busy.resolve();
  await world.clock.advance(0);
  assertEquals((await world.post(world.interaction({ id: "9" }))).status, 200);
});

Deno.test("InteractionServer says so when what Discord has signed is too old: the clock may be wrong", async () => {
  await using world = new InteractionWorld(() => {});
  const body = JSON.stringify(world.interaction());
  const old = await signedRequest(body, { signedAt: world.clock.wallNow() - 1_000_000 });
  assertEquals((await world.server.fetch(old)).status, 401);
  assertEquals(world.errors.length, 1);
  assertStringIncludes(
    String(world.errors[0]),
    "RangeError: A request was refused: its signature is 1000000 ms old",
  );
  const forged = await signedRequest(body, { signedAt: world.clock.wallNow() - 1_000_000 });
  forged.headers.set("X-Signature-Ed25519", "0".repeat(128));
  assertEquals((await world.server.fetch(forged)).status, 401);
  assertEquals(world.errors.length, 1);
});

Deno.test("InteractionServer answers, and reports it, where waitUntil throws", async () => {
  const waitUntil = (): never => {
    throw new Error("the response was sent");
  };
  await using world = new InteractionWorld((context) => context.respond(pong), { waitUntil });
  assertEquals((await world.post(world.interaction())).status, 200);
  assertEquals((await world.post("{")).status, 400);
  const used = await signedRequest("{}", { signedAt: world.clock.wallNow() });
  await used.text();
  assertEquals((await world.server.fetch(used)).status, 500);
  assertEquals(world.errors.filter((error) => String(error) === "Error: the response was sent").length, 3);
});

Deno.test("InteractionServer stops by its signal", async () => {
  const { onInteraction, contexts, end } = handlerByHand();
  const controller = new AbortController();
  await using world = new InteractionWorld(onInteraction, { signal: controller.signal });
  const posted = world.post(world.interaction());
  while (contexts.length === 0) await world.clock.advance(0);
  await contexts[0]?.respond(pong);
  await posted;
  controller.abort(new Error("enough"));
  assertEquals(contexts[0]?.signal.reason, controller.signal.reason);
  assertEquals((await world.post({ type: 1 })).status, 503);
  end();
  await using late = new InteractionWorld(onInteraction, { signal: controller.signal });
  assertEquals((await late.post({ type: 1 })).status, 503);
});

Deno.test("InteractionServer gives up at three seconds, and its handler is told (InteractionExpiredError)", async () => {
  const { onInteraction, contexts, end } = handlerByHand();
  await using world = new InteractionWorld(onInteraction, { autoDefer: false });
  const response = await world.clock.runUntil(world.post(world.interaction()));
  assertEquals([response.status, world.clock.now()], [504, 3000]);
  const failure = await contexts[0]?.reply({ content: "x" }).catch((error) => error);
  assertStringIncludes(String(failure), "InteractionExpiredError: Interaction 1: it is too late to answer");
  end();
  await world.clock.advance(0);
  assertInstanceOf(world.errors[0], InteractionNotAnsweredError);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("InteractionServer answers 500 where the handler fails before its answer", async () => {
  await using world = new InteractionWorld(() => Promise.reject(new Error("broken")));
  assertEquals((await world.post(world.interaction())).status, 500);
  assertEquals(world.errors.map(String), ["Error: broken"]);
});

Deno.test("InteractionServer answers 500 where the runtime can't verify, and reports it", async () => {
  await using world = new InteractionWorld(() => {});
  const request = await signedRequest("{}", { signedAt: world.clock.wallNow() });
  const { subtle } = crypto;
  const before = Object.getOwnPropertyDescriptor(subtle, "importKey");
  const value = () => Promise.reject(new DOMException("Unrecognized algorithm name", "NotSupportedError"));
  Object.defineProperty(subtle, "importKey", { value, configurable: true });
  try {
    assertEquals((await world.server.fetch(request)).status, 500);
  } finally {
    Object.defineProperty(subtle, "importKey", before ?? {});
  }
  assertStringIncludes(String(world.errors[0]), "has no Ed25519");
});

Deno.test("InteractionServer says which option is wrong, at the call", () => {
  const { publicKey } = Simulator.inMemory();
  const http = new HTTPClient();
  const options = { publicKey, http, onInteraction: () => {} };
  const make = (changes: object) => () => new InteractionServer({ ...options, ...changes });
  assertThrows(make({ publicKey: "" }), TypeError, "The public key");
  assertThrows(make({ onInteraction: undefined }), TypeError, "onInteraction");
  assertThrows(make({ http: undefined }), TypeError, "http must be an HTTPClient");
  for (
    const name of [
      "maxBodyBytes",
      "readTimeoutMs",
      "maxAgeMs",
      "maxPending",
      "closeTimeoutMs",
      "deferAfterMs",
    ]
  ) {
    assertThrows(make({ [name]: -1 }), RangeError, `${name} is -1`);
    assertThrows(make({ [name]: NaN }), RangeError, `${name} is NaN`);
  }
  assertThrows(make({ deferAfterMs: 3000 }), RangeError, "below 3000");
  assertThrows(make({ maxPending: 1.5 }), RangeError, "maxPending is 1.5");
  for (const name of ["maxBodyBytes", "maxAgeMs", "maxPending", "maxRememberedIds", "deferAfterMs"]) {
    assertThrows(make({ [name]: null }), TypeError, `${name} is null`);
    assertThrows(make({ [name]: "5" }), TypeError, `${name} is "5"`);
  }
  for (const name of ["onError", "onWebhookEvent", "waitUntil"]) {
    assertThrows(make({ [name]: null }), TypeError, `${name} must be a function`);
  }
  for (const autoDefer of [null, "yes", 5, {}, { flags: "64" }]) {
    assertThrows(make({ autoDefer }), TypeError, "autoDefer is");
  }
  assertThrows(make({ signal: {} }), TypeError, "signal must be an AbortSignal");
  assertThrows(make({ clock: {} }), TypeError, "clock has no function now");
  assertThrows(() => new InteractionServer(null as never), TypeError, "The options must be an object");
});
