// The Redis of the simulation answers as a real one does, as far as the room asks.
import { assertEquals } from "@std/assert";
import { systemClock } from "../../clock.ts";
import { seededRandom } from "../gateway/seeded_random.ts";
import { compile } from "./model/lua.ts";
import { RedisModel, type Reply } from "./model/redis_model.ts";
import { redisTest } from "./redis_server.ts";

const COMMANDS: readonly string[] = [
  "HSET h a 1 b 2",
  "HGET h a",
  "HGET h c",
  "HMGET h a c",
  "HGETALL h",
  "HGETALL none",
  "HINCRBY h a 3",
  "HSETNX h a 9",
  "HEXISTS h b",
  "HDEL h b c",
  "ZADD z 5 m",
  "ZADD z 3 n",
  "ZSCORE z m",
  "ZSCORE z x",
  "ZRANGE z 0 -1",
  "ZRANGE z 0 -1 WITHSCORES",
  "ZREMRANGEBYSCORE z -inf 3",
  "ZCARD z",
  "ZREM z m x",
  "RPUSH l a b c",
  "LTRIM l -2 -1",
  "LLEN l",
  "LPOP l",
  "LPOP none",
  "SET t 1 PX 100000",
  "GET t",
  "DEL t none",
  "XADD s NOMKSTREAM MAXLEN ~ 100 5-1 E x",
  "XGROUP CREATE s g 0 MKSTREAM",
  "XGROUP CREATE s g 0",
  "XADD s NOMKSTREAM MAXLEN ~ 100 5-1 E x",
  "XADD s 5-1 E x",
  "XADD s 4-9 E x",
  "XSETID s 7-0",
  "XSETID s 5-0",
  "XADD s 6-1 E x",
  "XADD s 7-1 E y",
  "XRANGE s - +",
  "XRANGE s 7-1 7-1",
  "XREVRANGE s + - COUNT 1",
  "XREADGROUP GROUP g c COUNT 1 STREAMS s >",
  "XREADGROUP GROUP g c COUNT 5 STREAMS s >",
  "XREADGROUP GROUP g c COUNT 5 STREAMS s >",
  "XCLAIM s g d 0 5-1",
  "XCLAIM s g d 0 5-1 JUSTID",
  "XCLAIM s g d 100000 7-1",
  "XACK s g 5-1 9-9",
  "XPENDING s g - + 5 c",
  "XPENDING s g - + 5 x",
  "XPENDING s g 7-1 7-1 1",
  "XPENDING s g 9-1 9-1 1",
  "XREADGROUP GROUP none c COUNT 5 STREAMS s >",
];

redisTest("The model of Redis answers as Redis does", async (server) => {
  const model = new RedisModel(systemClock);
  const client = server.client();
  for (const text of COMMANDS) {
    const command = text.split(" ");
    const real = await client.send(command).catch((error) => error);
    assertEquals(shown(outcome(() => model.execute(command))), shown(real), text);
  }
});

redisTest("The Lua of the model reckons as that of Redis does", async (server) => {
  const client = server.client();
  const random = seededRandom(5);
  const numbers = (): number => Math.floor(random() * 2_000_000_000_000);
  const sources = [
    "return {ARGV[1] + 1, #ARGV, 7 % 3, -7 % 3, 10 / 4}",
    "local a, b = string.match(ARGV[1] .. '-' .. ARGV[2], '^(%d+)-(%d+)$') return {a, b}",
    "return string.format('%.0f', tonumber(ARGV[1]) * 2)",
    "local t = {} for i = 1, 3 do t[#t + 1] = i * 2 end return t",
    "local s = 0 for _, v in ipairs({1, 2, 3}) do if v == 2 then break end s = s + v end return s",
    "if not nil and 0 then return 'zero is true' else return 'no' end",
    "return {1, nil, 3}",
    "return tostring(ARGV[9] or 'none') .. (false and 'a' or 'b')",
    "local function f(x) return x, x + 1 end local _, y = f(1) return y",
    "return math.max(1, tonumber(ARGV[1]), math.floor(2.7))",
    "return {string.sub('open:1', 1, 5), string.find('a.b', '.', 1, true), type(nil), type({})}",
    "return redis.pcall('XINFO', 'STREAM', 'none').err and 'failed'",
    "return {unpack(ARGV, 2)}",
  ];
  const model = new RedisModel(systemClock);
  for (const source of sources) {
    const command = ["EVAL", source, "0", String(numbers()), String(numbers()), "x"];
    assertEquals(shown(outcome(() => model.execute(command))), shown(await client.send(command)), source);
  }
  for (const source of ["goto x", "return a", "x = 1", "return 1 +"]) {
    assertEquals(outcome(() => compile(source)({})) instanceof Error, true, source);
  }
});

function outcome<Value>(act: () => Value): Value | Error {
  try {
    return act();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Of an error, the kind; how long something has been idle differs. */
function shown(reply: Reply | unknown): unknown {
  if (reply instanceof Error) return reply.message.split(" ").slice(0, 1).join(" ");
  const isPending = Array.isArray(reply) && reply.length === 4 && typeof reply[2] === "number";
  if (isPending) return [reply[0], reply[1], "idle", reply[3]];
  if (Array.isArray(reply)) return reply.map(shown);
  return reply;
}
