import { assertEquals } from "@std/assert";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { call, type RawAnswer } from "./raw_rest.ts";

const ROUTE = "GET /channels/{channel_id}";

/** `[status, remaining, reset-after, retry_after]`. */
function reading({ status, headers, body }: RawAnswer): unknown[] {
  const retryAfter = typeof body === "object" && body !== null && "retry_after" in body
    ? body.retry_after
    : null;
  const [remaining, resetAfter] = ["remaining", "reset-after"].map((name) =>
    headers.get(`x-ratelimit-${name}`)
  );
  return [status, Number(remaining), Number(resetAfter), retryAfter];
}

Deno.test("A fixed window gives all tokens back at its end, and its reset stays put (A6.4)", async () => {
  const clock = new VirtualClock();
  const rateLimits = { [ROUTE]: { limit: 2, windowMs: 10_000, kind: "fixed" } as const };
  await using discord = Simulator.inMemory({ clock, rateLimits });
  const get = async () => reading(await call(discord, `GET /channels/${discord.channel.id}`));
  const readings = [await get()];
  await clock.advance(4_000);
  readings.push(await get(), await get());
  await clock.advance(6_000);
  readings.push(await get());
  assertEquals(readings, [[200, 1, 10, null], [200, 0, 6, null], [429, 0, 6, 6], [200, 1, 10, null]]);
});

Deno.test("A sliding window gives tokens back one by one, and its reset moves (A6.4)", async () => {
  const clock = new VirtualClock();
  const rateLimits = { [ROUTE]: { limit: 2, windowMs: 10_000, kind: "sliding" } as const };
  await using discord = Simulator.inMemory({ clock, rateLimits });
  const get = async () => reading(await call(discord, `GET /channels/${discord.channel.id}`));
  const readings = [await get()];
  await clock.advance(4_000);
  readings.push(await get(), await get());
  await clock.advance(1_000);
  readings.push(await get(), await get());
  assertEquals(readings, [
    [200, 1, 5, null],
    [200, 0, 6, null],
    [429, 0, 6, 1],
    [200, 0, 10, null],
    [429, 0, 10, 5],
  ]);
});

Deno.test("Buckets are told apart by id and top-level resource, and may be shared by routes (A6)", async () => {
  const rule = { limit: 1, windowMs: 60_000, kind: "fixed" } as const;
  await using discord = Simulator.inMemory({ clock: new VirtualClock(), rateLimits: { [ROUTE]: rule } });
  const other = discord.guild.addChannel("other");
  const statuses = async (...requests: string[]) => {
    const answers: number[] = [];
    for (const request of requests) answers.push((await call(discord, request)).status);
    return answers;
  };
  const [one, two] = [discord.channel.id, other.id].map((id) => `GET /channels/${id}`);
  assertEquals(await statuses(one ?? "", two ?? "", one ?? ""), [200, 200, 429]);
  for (const route of ["GET /users/@me", "GET /applications/@me"]) {
    discord.setRateLimit(route, { ...rule, bucket: "both" });
  }
  assertEquals(await statuses("GET /users/@me", "GET /applications/@me"), [200, 429]);
});

Deno.test("An interaction's token is part of its bucket, and its routes count nowhere else (A6.7, A7.2)", async () => {
  await using discord = Simulator.inMemory({ clock: new VirtualClock(), globalLimit: 1 });
  const followUp = (token: string) =>
    call(discord, `POST /webhooks/${discord.bot.applicationId}/${token}`, {
      json: { content: "x" },
      token: null,
    });
  const used = [discord.channel.useCommand("a"), discord.channel.useCommand("b")];
  const statuses: number[] = [];
  for (const { token } of used) {
    for (let count = 0; count < 6; count++) statuses.push((await followUp(token)).status);
  }
  const each = [200, 200, 200, 200, 200, 429];
  assertEquals(statuses, [...each, ...each]);
});

Deno.test("The global limit counts fixed seconds, for each bot (A7.3)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock, globalLimit: 2 });
  const other = discord.addBot();
  const statuses: number[] = [];
  const get = async (token: string) => {
    const answer = await call(discord, "GET /users/@me", { token });
    statuses.push(answer.status);
    return answer;
  };
  await clock.advance(900);
  await get(discord.token);
  await get(discord.token);
  const { headers, body } = await get(discord.token);
  await get(other.token);
  await clock.advance(100);
  await get(discord.token);
  assertEquals(statuses, [200, 200, 429, 200, 200]);
  assertEquals([headers.get("x-ratelimit-global"), headers.get("x-ratelimit-scope")], ["true", "global"]);
  assertEquals([headers.get("x-ratelimit-bucket"), headers.get("retry-after")], [null, "1"]);
  assertEquals(Reflect.get(Object(body), "retry_after"), 0.1);
});
