import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Simulator, VirtualClock } from "../../testing/mod.ts";

const ROUTE = "/channels/{channel_id}/messages";

async function post(discord: Simulator, content: string): Promise<void> {
  const response = await discord.fetch(`${discord.baseUrl}/channels/${discord.channel.id}/messages`, {
    method: "POST",
    headers: { authorization: `Bot ${discord.token}`, "content-type": "application/json" },
    body: JSON.stringify({ content }),
  });
  await response.body?.cancel();
}

Deno.test("Simulator.expectRequest gives each request once, whether it came before or comes later", async () => {
  await using discord = Simulator.inMemory();
  await post(discord, "one");
  await post(discord, "two");
  const bodies: unknown[] = [];
  for (let count = 0; count < 2; count += 1) bodies.push((await discord.expectRequest("POST", ROUTE)).body);
  const third = discord.expectRequest("POST", ROUTE);
  await post(discord, "three");
  bodies.push((await third).body);
  assertEquals(bodies, [{ content: "one" }, { content: "two" }, { content: "three" }]);
});

Deno.test("Simulator.expectRequest ends with its time, its signal and its simulator", async () => {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ clock });
  const late = discord.expectRequest("POST", ROUTE, { timeoutMs: 5_000 });
  await assertRejects(() => clock.runUntil(late), DOMException, `No request POST ${ROUTE} within 5000 ms`);
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => discord.expectRequest("POST", ROUTE, { signal }), Error, "enough");
  const open = discord.expectRequest("POST", ROUTE);
  await discord.close();
  await assertRejects(() => open, Error, "closed");
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Simulator.expectRequest refuses a route that there is not", async () => {
  await using discord = Simulator.inMemory();
  assertThrows(() => discord.expectRequest("POST", "/channels/1/messages"), TypeError, "There is no route");
  const wait = (options: unknown) => () => discord.expectRequest("POST", ROUTE, options as never);
  assertThrows(wait(null), TypeError, "The options must be an object");
  assertThrows(wait({ timeoutMs: NaN }), RangeError, "timeoutMs is NaN");
  assertThrows(wait({ timeoutMs: "5" }), TypeError, 'timeoutMs is "5"');
  assertThrows(wait({ signal: {} }), TypeError, "signal must be");
});

Deno.test("Simulator.failedRequests tells of every request that did not go well", async () => {
  await using discord = Simulator.inMemory();
  await post(discord, "fine");
  assertEquals(discord.failedRequests, []);
  await post(discord, "");
  discord.faults.serverError({ status: 502 });
  await post(discord, "lost on the way");
  assertEquals(discord.failedRequests.map(({ status }) => status), [400, 502]);
});
