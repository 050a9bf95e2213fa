// The same client over real sockets (A13, B8, C14): what runtimes do beneath `fetch`.
import { assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { sleep } from "../../clock.ts";
import { HTTPClient, type HTTPMethod, NoAnswerError, RequestTimeoutError, Route } from "../../http/mod.ts";
import { Simulator } from "../../testing/mod.ts";
import { hasNet } from "../testing/both_doors.ts";
import { DyingServer } from "./dying_server.ts";
import { ScriptedServer } from "./scripted_server.ts";

function loopback(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name} (needs permission for the network on 127.0.0.1)`, ignore: !hasNet, fn });
}

function tokenOf(discord: Simulator): { rateLimitKey: string; headers: Record<string, string> } {
  return { rateLimitKey: "1", headers: { Authorization: `Bot ${discord.token}` } };
}

const BODIES: Record<string, object> = {
  nothing: {},
  json: { json: { a: 1 } },
  text: { body: "text" },
  bytes: { body: new Uint8Array([97, 98]) },
  form: { body: new URLSearchParams({ a: "1" }) },
  files: { json: {}, files: [{ name: "a", data: "text" }] },
  formData: { body: formData() },
};

/** What of them arrives. */
const SENT: Readonly<Record<string, string>> = {
  json: '{"a":1}',
  text: "text",
  bytes: "ab",
  form: "a=1",
};

function formData(): FormData {
  const form = new FormData();
  form.set("a", "1");
  return form;
}

loopback(
  "Runtimes may send a request twice when its connection dies: what the client guards against",
  async () => {
    await using server = new DyingServer();
    const send = async (): Promise<void> => {
      const response = await fetch(server.baseUrl, { method: "POST", body: "text" });
      await response.text();
    };
    await send();
    await send().catch(() => {});
    // Where this fails, the runtime has mended it, and the client need not guard any more.
    assertEquals(server.requests.length, 3);
  },
);

loopback("HTTPClient sends once what may not happen twice, when a connection dies (A13, C13)", async () => {
  for (const method of ["POST", "PATCH"] satisfies HTTPMethod[]) {
    for (const [name, options] of Object.entries(BODIES)) {
      await using server = new DyingServer();
      await using http = new HTTPClient({ baseUrl: server.baseUrl });
      const route = new Route(method, "/guilds/{guild_id}/channels", { guild_id: "1" });
      await http.request(route, options);
      const error = await assertRejects(() => http.request(route, options), NoAnswerError);
      assertEquals([error.mayHaveBeenExecuted, server.requests.length], [true, 2], `${method} ${name}`);
    }
  }
});

loopback("HTTPClient announces media types and lengths, however it sends a body (A2.3, A2.5)", async () => {
  const types: Record<string, string> = {
    json: "application/json",
    form: "application/x-www-form-urlencoded;charset=utf-8",
    files: "multipart/form-data; boundary=",
    formData: "multipart/form-data; boundary=",
  };
  for (const [name, options] of Object.entries(BODIES)) {
    await using server = new DyingServer();
    await using http = new HTTPClient({ baseUrl: server.baseUrl });
    await http.request(new Route("POST", "/x"), options);
    const [head = "", sent = ""] = server.requests[0]?.toLowerCase().split("\r\n\r\n") ?? [];
    if (name in SENT) assertEquals(sent, SENT[name], name);
    const type = types[name];
    if (type !== undefined) assertStringIncludes(head, `content-type: ${type}`);
    if (name === "nothing") assertEquals(head.includes("content-type"), false);
    if (name !== "formData" && name !== "nothing") assertStringIncludes(head, "content-length: ", name);
  }
});

loopback("HTTPClient leaves no body behind, whatever the answer (C14)", async () => {
  await using discord = await Simulator.start();
  await using http = new HTTPClient({
    baseUrl: discord.baseUrl,
    maxRetries: 1,
    maxRateLimitRetries: 1,
    random: () => 0,
  });
  const route = new Route("GET", "/channels/{channel_id}", { channel_id: discord.channel.id });
  const authentication = tokenOf(discord);
  const response = await http.request(route, { authentication });
  assertEquals((await response.json()).id, discord.channel.id);
  void await http.request(route, { authentication }); // Nobody reads this one.
  discord.faults.rateLimit({ retryAfterMs: 5 });
  await http.request(route, { authentication });
  for (const status of [500, 502]) {
    discord.faults.serverError({ status });
    await http.request(route, { authentication });
  }
  const missing = new Route("GET", "/channels/{channel_id}", { channel_id: "1" });
  await assertRejects(() => http.request(missing, { authentication }));
  discord.faults.respond({ status: 400, body: "x".repeat(500_000) });
  await assertRejects(() => http.request(route, { authentication }));
});

loopback("HTTPClient times out on real sockets, and leaves none open (B8, C14)", async () => {
  await using discord = await Simulator.start();
  await using http = new HTTPClient({ baseUrl: discord.baseUrl, maxRetries: 0 });
  const route = new Route("GET", "/channels/{channel_id}", { channel_id: discord.channel.id });
  const authentication = tokenOf(discord);
  discord.faults.loseRequest({ isSilent: true });
  await assertRejects(() => http.request(route, { authentication, timeoutMs: 20 }), RequestTimeoutError);
  discord.faults.clear();
  discord.faults.loseRequest();
  await assertRejects(() => http.request(route, { authentication }), NoAnswerError);
  assertEquals((await http.request(route, { authentication })).status, 200);
});

loopback("HTTPClient aborts what a server has and does not answer, or answers half (B8, C14)", async () => {
  for (const isHalf of [false, true]) {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: never, resolve: finish } = Promise.withResolvers<Response>();
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
      arrive();
      if (!isHalf) return never;
      return new Response(
        new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(9)) }),
      );
    });
    await using http = new HTTPClient({ baseUrl: `http://127.0.0.1:${server.addr.port}` });
    const stop = new AbortController();
    const aborted = assertRejects(
      () => http.request(new Route("GET", "/x"), { signal: stop.signal }),
      Error,
      "enough",
    );
    await arrived;
    stop.abort(new Error("enough"));
    await aborted;
    finish(new Response());
  }
});

loopback("HTTPClient closes with requests under way, and leaves nothing (C4)", async () => {
  await using discord = await Simulator.start();
  const http = new HTTPClient({ baseUrl: discord.baseUrl });
  const route = new Route("GET", "/channels/{channel_id}", { channel_id: discord.channel.id });
  discord.faults.loseRequest({ isSilent: true, count: 3 });
  const all = [1, 2, 3].map(() =>
    assertRejects(() => http.request(route, { authentication: tokenOf(discord) }))
  );
  const startedAt = performance.now();
  await http.close();
  await Promise.all(all);
  assertLess(performance.now() - startedAt, 5000);
});

Deno.test("HTTPClient keeps a slow upload alive while it moves, and ends one that stands (A14.8)", async () => {
  const { http, clock } = new ScriptedServer([async ({ body }) => {
    const { length } = await new Response(body instanceof ReadableStream ? body : null).bytes();
    return Response.json({ length });
  }], { maxRetries: 0 });
  const upload = (chunks: number) => (): ReadableStream<Uint8Array> => {
    let left = chunks;
    return new ReadableStream({
      pull: async (controller) => {
        await sleep(clock, 40_000);
        if (left-- > 0) controller.enqueue(new Uint8Array(1000));
        else controller.close();
      },
    }, { highWaterMark: 0 });
  };
  const route = new Route("PUT", "/x");
  const response = await clock.runUntil(http.request(route, { body: upload(8) }));
  assertEquals([await response.json(), clock.now()], [{ length: 8000 }, 360_000]);
  const stands = http.request(route, { body: () => new ReadableStream() });
  await clock.runUntil(assertRejects(() => stands, RequestTimeoutError));
  assertEquals(clock.now(), 420_000);
});

loopback("HTTPClient sends large bodies whole (A14.8)", async () => {
  const received: number[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    received.push((await request.bytes()).length);
    return Response.json({});
  });
  await using http = new HTTPClient({ baseUrl: `http://127.0.0.1:${server.addr.port}` });
  await http.request(new Route("PUT", "/x"), { body: new Uint8Array(3_000_000) });
  await http.request(new Route("POST", "/x"), { body: new Blob([new Uint8Array(2_000_000)]) });
  const files = [{ name: "a", data: new Uint8Array(5_000_000) }];
  await http.request(new Route("POST", "/x"), { files });
  assertEquals(received.map((length) => Math.floor(length / 1_000_000)), [3, 2, 5]);
});

loopback("HTTPClient ends with an error when a stream fails half-way (A14.8)", async () => {
  await using discord = await Simulator.start();
  await using http = new HTTPClient({ baseUrl: discord.baseUrl, maxRetries: 0 });
  const body = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(10));
        controller.error(new Error("the disk is gone"));
      },
    });
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: discord.channel.id });
  const error = await assertRejects(
    () => http.request(route, { authentication: tokenOf(discord), body }),
    NoAnswerError,
  );
  assertEquals([error.mayHaveBeenExecuted, http.bucketCount <= 1], [true, true]);
});
