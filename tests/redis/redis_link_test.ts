import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { RedisTimeoutError } from "../../redis/mod.ts";
import { RedisLink, type RedisSend } from "../../redis/redis_link.ts";
import { RedisScript } from "../../redis/redis_script.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { redisTest } from "./redis_server.ts";

Deno.test("RedisLink takes an error that is answered for a failure", async () => {
  const link = new RedisLink({ send: () => Promise.resolve(new Error("NOAUTH")) });
  await assertRejects(() => link.command(["PING"]), Error, "NOAUTH");
});

Deno.test("RedisLink rejects where send throws, and where it gives no promise", async () => {
  const clock = new VirtualClock();
  const throwing = new RedisLink({
    clock,
    send() {
      throw new Error("not connected");
    },
  });
  await assertRejects(() => throwing.command(["PING"]), Error, "not connected");
  const mute: unknown = () => undefined;
  const silent = new RedisLink({ clock, send: mute as RedisSend });
  await assertRejects(() => silent.command(["PING"]), TypeError, "send must give a promise");
});

Deno.test("RedisLink gives up on a send that never settles, and says on what, not with what", async () => {
  const clock = new VirtualClock();
  const link = new RedisLink({ clock, timeoutMs: 700, send: () => new Promise(() => {}) });
  const failure = assertRejects(() => link.command(["SET", "key", "secret"]), RedisTimeoutError);
  await clock.advance(700);
  assertEquals((await failure).message, "Redis has not answered SET within 700 ms");
});

Deno.test("RedisLink refuses options that can't be right", () => {
  const send = (): Promise<void> => Promise.resolve();
  for (const prefix of ["", "{a}", "a b", "a\n", "x".repeat(65)]) {
    assertThrows(() => new RedisLink({ send, prefix }), TypeError, "prefix");
  }
  for (const timeoutMs of [0, -1, NaN, Infinity]) {
    assertThrows(() => new RedisLink({ send, timeoutMs }), RangeError, "timeoutMs");
  }
});

redisTest("RedisLink hands a script over again to a Redis that has forgotten it", async (server) => {
  const client = server.client();
  const link = new RedisLink({ send: (command) => client.send(command) });
  const script = new RedisScript("nextcore test", "return ARGV[1]");
  assertEquals(await link.run(script, [], ["one"]), "one");
  await client.send(["SCRIPT", "FLUSH"]);
  assertEquals(await link.run(script, [], ["two"]), "two");
  await server.restart();
  assertEquals(await link.run(script, [], ["three"]).catch(() => link.run(script, [], ["three"])), "three");
});
