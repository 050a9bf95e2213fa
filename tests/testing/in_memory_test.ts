import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Simulator, VirtualClock } from "../../testing/mod.ts";

Deno.test("The in-memory WebSocket obeys the rules of the web's (WS-1, WS-8)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  const socket = discord.createWebSocket(`${discord.gatewayUrl}?v=10`);
  assertThrows(() => socket.send("x"), DOMException, "connecting");
  const log: string[] = [];
  socket.onopen = () => log.push("open");
  socket.onmessage = ({ data }) => log.push(typeof data);
  socket.addEventListener("close", ({ code, wasClean }) => log.push(`close ${code} ${wasClean}`));
  socket.onerror = () => log.push("error");
  assertEquals(log, []);
  await clock.advance(0);
  assertThrows(() => socket.close(1001), DOMException, "1001");
  assertThrows(() => socket.close(4000, "x".repeat(124)), DOMException, "123");
  socket.close(4000, "bye");
  assertEquals(socket.readyState, socket.CLOSING);
  await clock.advance(0);
  socket.send("discarded");
  assertEquals(log, ["open", "string", "close 4000 true"]);
  assertEquals([socket.readyState, socket.bufferedAmount], [socket.CLOSED, 9]);
});

Deno.test("Simulator says which option is wrong, at the call", () => {
  const make = (options: unknown) => () => Simulator.inMemory(options as never);
  assertThrows(make(null), TypeError, "The options of a Simulator must be an object");
  assertThrows(make({ shards: "2" }), RangeError, 'shards is "2"');
  assertThrows(make({ globalLimit: NaN }), RangeError, "globalLimit is NaN");
  assertThrows(make({ latencyMs: "1" }), RangeError, 'latencyMs is "1"');
  assertThrows(make({ clock: {} }), TypeError, "clock has no function");
  for (const token of ["", 5, null]) assertThrows(make({ token }), TypeError, "The token must be a text");
});

Deno.test("The in-memory WebSocket never closes towards a frozen peer (WS-3)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  const socket = discord.createWebSocket(`${discord.gatewayUrl}?v=10`);
  let isClosed = false;
  socket.onclose = () => isClosed = true;
  await clock.advance(0);
  discord.faults.freeze();
  socket.send("stuck");
  socket.close(4000);
  await clock.advance(600_000);
  assertEquals([isClosed, socket.readyState, socket.bufferedAmount], [false, socket.CLOSING, 5]);
});

Deno.test("The in-memory door takes its time by the clock", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock, latencyMs: 50 });
  const answer = await clock.runUntil(discord.fetch(`${discord.baseUrl}/gateway`));
  assertEquals([await answer.json(), clock.now()], [{ url: discord.gatewayUrl }, 100]);
  const socket = discord.createWebSocket(`${discord.gatewayUrl}?v=10`);
  await clock.runUntil(new Promise((resolve) => socket.onmessage = resolve));
  assertEquals(clock.now(), 200);
});

Deno.test("The in-memory fetch obeys its signal and knows no other place", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  discord.faults.delay({ ms: 10_000 });
  const patience = new AbortController();
  const request = discord.fetch(`${discord.baseUrl}/gateway`, { signal: patience.signal });
  clock.setTimeout(() => patience.abort(new RangeError("enough")), 10);
  await assertRejects(() => clock.runUntil(request), RangeError, "enough");
  await assertRejects(
    () => discord.fetch("https://discord.com/api/v10/gateway"),
    TypeError,
    "Nobody answers",
  );
  assertThrows(() => discord.createWebSocket("wss://gateway.discord.gg"), TypeError, "Nobody answers");
});

Deno.test("Simulator leaves no timer behind when it is closed, and rejects whoever waits", async () => {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ clock, latencyMs: 5 });
  discord.createWebSocket(`${discord.gatewayUrl}?v=10`);
  discord.faults.delay();
  const request = discord.fetch(`${discord.baseUrl}/gateway`);
  const message = discord.channel.nextMessage();
  await clock.advance(10);
  await discord.close();
  await assertRejects(() => message, Error, "was closed");
  await assertRejects(() => clock.runUntil(request), TypeError);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("nextMessage gives each message once, also one that came before, and can be given up", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  const post = (content: string) => discord.channel.add({ author: discord.bot, content });
  post("before");
  discord.channel.say("not a bot's");
  assertEquals((await discord.channel.nextMessage()).content, "before");
  const waiting = [discord.channel.nextMessage(), discord.channel.nextMessage()];
  post("one");
  post("two");
  assertEquals((await Promise.all(waiting)).map(({ content }) => content), ["one", "two"]);
  await assertRejects(
    () => clock.runUntil(discord.channel.nextMessage({ timeoutMs: 500 })),
    DOMException,
    "within 500",
  );
  post("after a wait that was given up");
  assertEquals((await discord.channel.nextMessage()).content, "after a wait that was given up");
  const signal = AbortSignal.abort(new RangeError("no more"));
  await assertRejects(() => discord.channel.nextMessage({ signal }), RangeError, "no more");
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Simulator says what is wrong with its options", async () => {
  assertThrows(() => Simulator.inMemory({ shards: 0 }), RangeError, "shards is 0");
  assertThrows(() => Simulator.inMemory({ latencyMs: NaN }), RangeError, "latencyMs");
  assertThrows(() => Simulator.inMemory({ rateLimits: { "GET /x": null } }), TypeError, "GET /x");
  await using discord = Simulator.inMemory({ token: "a.b.c" });
  assertEquals(discord.token, "a.b.c");
  assertThrows(() => discord.addBot({ token: "a.b.c" }), TypeError, "token");
  assertThrows(() => discord.addGuild({ id: discord.guild.id }), TypeError, "already");
});
