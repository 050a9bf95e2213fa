import { assertEquals } from "@std/assert";
import type { DiscordMessage } from "../../discord.ts";
import { DispatcherOwner } from "../../gateway/dispatcher_owner.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";

/** As a shard does with a name that it does not know. */
function dispatch(owner: DispatcherOwner<object>, name: string, payload: unknown): void {
  owner.eventDispatcher.dispatch(name as "RESUMED", payload, { shard: owner });
}

Deno.test("DispatcherOwner gives events that the library does not know, raw (ENV-2)", async () => {
  const owner = new DispatcherOwner<object>(new VirtualClock());
  const heard: unknown[] = [];
  owner.listen("BRAND_NEW_THING", (payload) => heard.push(payload));
  const stream = owner.events("BRAND_NEW_THING");
  const wait = owner.waitFor("BRAND_NEW_THING", (payload) => payload !== 1);
  dispatch(owner, "BRAND_NEW_THING", 1);
  dispatch(owner, "OTHER", 2);
  dispatch(owner, "BRAND_NEW_THING", { id: "3" });
  owner.eventDispatcher.close();
  assertEquals(heard, [1, { id: "3" }]);
  assertEquals(await wait, { id: "3" });
  assertEquals(await Array.fromAsync(stream), [1, { id: "3" }]);
});

Deno.test("DispatcherOwner knows the payloads of the events that it knows", async () => {
  const owner = new DispatcherOwner<object>(new VirtualClock());
  const contents: string[] = [];
  owner.listen("MESSAGE_CREATE", ({ content }) => contents.push(content.trim()));
  owner.listen("GUILD_DELETE", ({ id }) => contents.push(id.trim()));
  // @ts-expect-error A number is nothing that the payload of this event could be.
  owner.listen("MESSAGE_CREATE", (message: number) => contents.push(message.toFixed()));
  // @ts-expect-error What is not known has no fields.
  owner.listen("BRAND_NEW_THING", ({ content }) => contents.push(content));
  const stream = owner.events("MESSAGE_CREATE");
  const known: AsyncIterable<DiscordMessage> = stream;
  // @ts-expect-error The same, of a loop.
  const unknown: AsyncIterable<DiscordMessage> = owner.events("BRAND_NEW_THING");
  owner.eventDispatcher.close();
  assertEquals([await Array.fromAsync(known), await Array.fromAsync(unknown), contents], [[], [], []]);
});
