import { assertEquals } from "@std/assert";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { testBothDoors } from "./both_doors.ts";
import { call, codeOf, type RawAnswer } from "./raw_rest.ts";

function field(answer: RawAnswer, name: string): unknown {
  const { body } = answer;
  return typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
}

testBothDoors(
  "Simulator answers what it does not know, or not so, as Discord does (A1, A12)",
  async (discord) => {
    const unauthorized = await call(discord, "GET /users/@me", { token: "wrong" });
    assertEquals([unauthorized.status, unauthorized.body], [401, { message: "401: Unauthorized", code: 0 }]);
    assertEquals((await call(discord, "GET /users/@me", { token: null })).status, 401);
    const missing = await call(discord, "GET /no/such/route");
    assertEquals([missing.status, missing.body], [404, { message: "404: Not Found", code: 0 }]);
    assertEquals((await call(discord, "PUT /users/@me")).status, 405);
    assertEquals(codeOf(await call(discord, "GET /channels/1")), [404, 10003]);
    const old = discord.baseUrl.replace("/v10", "/v8");
    const response = await discord.fetch(`${old}/gateway`);
    await response.body?.cancel();
    assertEquals(response.status, 400);
    const nine = await discord.fetch(`${discord.baseUrl.replace("/v10", "/v9")}/gateway`);
    assertEquals(await nine.json(), { url: discord.gatewayUrl });
  },
);

testBothDoors("Simulator refuses bodies that Discord refuses (A2.3, A12.2)", async (discord) => {
  const path = `POST /channels/${discord.channel.id}/messages`;
  const long = await call(discord, path, { json: { content: "x".repeat(2001) } });
  assertEquals([long.status, long.body], [400, {
    message: "Invalid Form Body",
    code: 50035,
    errors: {
      content: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." }] },
    },
  }]);
  assertEquals(codeOf(await call(discord, path, { json: {} })), [400, 50006]);
  assertEquals(codeOf(await call(discord, path, { json: { embeds: [1] } })), [400, 50035]);
  const headers = { "content-type": "application/json" };
  assertEquals(codeOf(await call(discord, path, { body: "{", headers })), [400, 50109]);
  assertEquals(codeOf(await call(discord, path, { body: "content=x" })), [400, 50035]);
});

testBothDoors("Simulator keeps, edits, pages and deletes messages", async (discord) => {
  const path = `/channels/${discord.channel.id}/messages`;
  const ids = ["one", "two", "three"].map((text) => discord.channel.say(text).id);
  const posted = await call(discord, `POST ${path}`, { json: { content: "mine", nonce: 7 } });
  const id = String(field(posted, "id"));
  assertEquals(field(posted, "nonce"), 7);
  assertEquals(
    field(await call(discord, `PATCH ${path}/${id}`, { json: { content: "ours" } }), "content"),
    "ours",
  );
  assertEquals(codeOf(await call(discord, `PATCH ${path}/${ids[0]}`, { json: { content: "x" } })), [
    403,
    50005,
  ]);
  const texts = async (query: string) => {
    const { body } = await call(discord, `GET ${path}?${query}`);
    return Array.isArray(body) ? body.map(({ content }) => content) : body;
  };
  assertEquals(await texts("limit=2"), ["ours", "three"]);
  assertEquals(await texts(`after=${ids[0]}&limit=2`), ["three", "two"]);
  assertEquals(await texts(`before=${ids[2]}`), ["two", "one"]);
  assertEquals(await texts(`around=${ids[1]}&limit=2`), ["two", "one"]);
  assertEquals((await call(discord, `GET ${path}?limit=101`)).status, 400);
  assertEquals(codeOf(await call(discord, `GET ${path}?before=now`)), [400, 50035]);
  const deleted = await call(discord, `DELETE ${path}/${id}`);
  assertEquals([deleted.status, deleted.body], [204, ""]);
  assertEquals(codeOf(await call(discord, `GET ${path}/${id}`)), [404, 10008]);
});

Deno.test("Simulator gives the first message again for an enforced nonce, for a few minutes (A13.2)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  const path = `POST /channels/${discord.channel.id}/messages`;
  const post = async () => {
    const answer = await call(discord, path, { json: { content: "x", nonce: "n", enforce_nonce: true } });
    return [answer.status, field(answer, "id")];
  };
  const first = await post();
  assertEquals(await post(), first);
  assertEquals(discord.channel.messages.length, 1);
  discord.channel.delete(String(first[1]));
  assertEquals((await post())[0], 404);
  await clock.advance(180_000);
  assertEquals((await post())[0], 200);
});

testBothDoors("Simulator takes files beside JSON (A14.1)", async (discord) => {
  const form = new FormData();
  form.set(
    "payload_json",
    JSON.stringify({ content: "see", attachments: [{ id: 0, filename: "b.txt", description: "a file" }] }),
  );
  form.set("files[0]", new Blob(["hello"], { type: "text/plain" }), "a.txt");
  const answer = await call(discord, `POST /channels/${discord.channel.id}/messages`, { body: form });
  assertEquals(answer.status, 200);
  const [file] = (await discord.channel.nextMessage()).attachments;
  assertEquals([file?.filename, file?.size, file?.description], ["b.txt", 5, "a file"]);
});

testBothDoors(
  "Simulator notes requests: template, status and audit-log reason, but no token",
  async (discord) => {
    await call(discord, "GET /users/@me", {
      headers: { "x-audit-log-reason": encodeURIComponent("für alle") },
    });
    const [request] = discord.requests;
    assertEquals([request?.route, request?.status, request?.reason], ["/users/@me", 200, "für alle"]);
    await call(discord, `GET /webhooks/1/${"secret".repeat(10)}/nowhere`);
    assertEquals(discord.requests[1]?.route, "/api/v10/webhooks/1/(left out)/nowhere");
    assertEquals(JSON.stringify(discord.requests).includes(discord.token), false);
  },
);

testBothDoors("Simulator registers commands: one, all at once, and by id", async (discord) => {
  const path = `/applications/${discord.bot.applicationId}/commands`;
  const first = await call(discord, `POST ${path}`, { json: { name: "ping", description: "p" } });
  assertEquals(first.status, 201);
  const all = await call(discord, `PUT ${path}`, { json: [{ name: "ping" }, { name: "pong" }] });
  const ids = Array.isArray(all.body) ? all.body.map(({ id }) => id) : [];
  assertEquals(ids[0], field(first, "id"));
  assertEquals((await call(discord, `DELETE ${path}/${ids[1]}`)).status, 204);
  assertEquals((await call(discord, `GET ${path}`)).body, [
    Array.isArray(all.body) ? all.body[0] : undefined,
  ]);
  assertEquals(codeOf(await call(discord, `POST ${path}`, { json: { name: "no!" } })), [400, 50035]);
  assertEquals(codeOf(await call(discord, "GET /applications/1/commands")), [403, 20012]);
});

testBothDoors(
  "Simulator keeps commands of a guild apart from those everywhere, and by their type",
  async (discord) => {
    const application = `/applications/${discord.bot.applicationId}`;
    const guild = `${application}/guilds/${discord.guild.id}/commands`;
    const count = ({ body }: { readonly body: unknown }) => Array.isArray(body) ? body.length : body;
    await call(discord, `PUT ${application}/commands`, {
      json: [{ name: "ping" }, { name: "ping", type: 2 }],
    });
    await call(discord, `PUT ${guild}`, { json: [{ name: "pong" }] });
    assertEquals(count(await call(discord, `GET ${application}/commands`)), 2);
    assertEquals(count(await call(discord, `GET ${guild}`)), 1);
    const path = `GET ${application}/guilds/1/commands`;
    assertEquals(codeOf(await call(discord, path)), [403, 50001]);
  },
);

testBothDoors("Simulator pages members, one by default (A17)", async (discord) => {
  discord.guild.addMember(discord.addUser());
  const path = `GET /guilds/${discord.guild.id}/members`;
  const count = async (query: string) => {
    const { body } = await call(discord, path + query);
    return Array.isArray(body) ? body.length : body;
  };
  assertEquals([await count(""), await count("?limit=1000")], [1, 3]);
  assertEquals(await count(`?limit=1000&after=${discord.users.at(-1)?.id}`), 0);
});

testBothDoors(
  "Simulator takes one callback for a used command, then edits and follow-ups (A15)",
  async (discord) => {
    const used = discord.channel.useCommand("ping");
    const callback = `POST /interactions/${used.id}/${used.token}/callback`;
    const hook = `/webhooks/${discord.bot.applicationId}/${used.token}`;
    const answer = { json: { type: 4, data: { content: "pong" } }, token: null };
    assertEquals((await call(discord, callback, answer)).status, 204);
    assertEquals(codeOf(await call(discord, callback, answer)), [400, 40060]);
    assertEquals((await used.answer()).message?.content, "pong");
    assertEquals((await discord.channel.nextMessage()).content, "pong");
    const edit = { json: { content: "pong!" }, token: null };
    assertEquals(field(await call(discord, `PATCH ${hook}/messages/@original`, edit), "content"), "pong!");
    await call(discord, `POST ${hook}`, { json: { content: "more" }, token: null });
    assertEquals((await used.answer()).data, { content: "pong!" });
    assertEquals((await used.answer()).message?.content, "more");
  },
);

testBothDoors("Simulator lets the first follow-up fill a deferred answer (A15.3)", async (discord) => {
  const used = discord.channel.useCommand("slow");
  const hook = `/webhooks/${discord.bot.applicationId}/${used.token}`;
  const deferred = { json: { type: 5 }, token: null };
  await call(discord, `POST /interactions/${used.id}/${used.token}/callback`, deferred);
  assertEquals(discord.channel.messages, []);
  await call(discord, `POST ${hook}`, { json: { content: "at last" }, token: null });
  assertEquals(used.original?.content, "at last");
  assertEquals(discord.channel.messages.map(({ content }) => content), ["at last"]);
  const original = await call(discord, `GET ${hook}/messages/@original`, { token: null });
  assertEquals(field(original, "id"), used.original?.id);
});

Deno.test("Simulator forgets an interaction after 3 s without a callback, its token after 15 min (A15.1)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  const late = discord.channel.useCommand("late");
  await clock.advance(3_001);
  const callback = { json: { type: 4, data: { content: "x" } }, token: null };
  const path = `POST /interactions/${late.id}/${late.token}/callback`;
  assertEquals(codeOf(await call(discord, path, callback)), [404, 10062]);
  await clock.advance(900_000);
  const hook = `POST /webhooks/${discord.bot.applicationId}/${late.token}`;
  assertEquals(codeOf(await call(discord, hook, { json: { content: "x" }, token: null })), [401, 50027]);
});
