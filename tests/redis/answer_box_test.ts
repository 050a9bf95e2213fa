import { assertEquals, assertRejects } from "@std/assert";
import { AnswerBox } from "../../redis/answer_box.ts";
import { TAKE } from "../../redis/command_scripts.ts";
import { ShardCommandError } from "../../redis/mod.ts";
import { RedisLink } from "../../redis/redis_link.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

Deno.test("AnswerBox waits on where the answer is none, and reads what comes next", async () => {
  const clock = new VirtualClock();
  const replies: unknown[] = [[{}], "odd", [null], ["no JSON", '{"id":"0","type":"done"}']];
  const link = new RedisLink({ clock, send: () => Promise.resolve(replies.shift() ?? []) });
  await TAKE.digest();
  const box = new AnswerBox(link, "me", 50);
  using answers = box.open(0, 5_000, undefined);
  assertEquals((await clock.runUntil(answers.next())).type, "done");
  const silence = assertRejects(() => answers.next(), ShardCommandError, "has not answered");
  await clock.advance(5_000);
  await silence;
  await clock.runUntil(box.close());
});

Deno.test("A list that somebody else has written to gives the letters that are some", async () => {
  const clock = new VirtualClock();
  const redis = new RedisModel(clock);
  const link = new RedisLink({ clock, send: new Line(redis, 0).send });
  redis.execute([
    "RPUSH",
    "list",
    "odd",
    `${clock.wallNow() + 1_000}:one`,
    ":",
    `${clock.wallNow() + 1_000}:two`,
  ]);
  assertEquals(await link.run(TAKE, ["list"], [10]), ["one", "two"]);
});
