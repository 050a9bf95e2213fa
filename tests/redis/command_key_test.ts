import { assert, assertEquals } from "@std/assert";
import { EventSource, RedisSessionStore } from "../../redis/mod.ts";
import { commandKey } from "../../redis/command_key.ts";
import { fleetShardCount } from "../../redis/fleet_config.ts";
import { RedisLink, type RedisSend } from "../../redis/redis_link.ts";
import { redisTest } from "./redis_server.ts";

redisTest("commandKey finds the key that Redis finds, in all that is sent", async (server) => {
  const client = server.client();
  const words: (readonly (string | Uint8Array)[])[] = [];
  const send: RedisSend = (command) => {
    words.push(command);
    return client.send(command);
  };
  await fleetShardCount(new RedisLink({ send }), 2, 2);
  await new RedisSessionStore({ send }).load(0);
  await client.send(["XADD", "{nextcore:1}:events", "7-1", "A", '{"d":{}}']);
  const source = new EventSource({ send, read: send, reclaimMs: 30, maxTries: 3 });
  const heard = source.waitFor("MESSAGE_CREATE");
  await source.start();
  const text = '{"t":"MESSAGE_CREATE","d":{}}';
  await client.send(["XADD", "{nextcore:0}:events", "7-1", "MESSAGE_CREATE", text]);
  await heard;
  await source.lag();
  await source.close();
  const names = new Set(words.map(([name]) => name));
  for (const name of ["EVAL", "EVALSHA", "HGET", "HSETNX", "XACK", "XGROUP", "XINFO", "XREADGROUP"]) {
    assert(names.has(name), `${name} was not sent`);
  }
  for (const command of words) {
    const keys = await client.send(["COMMAND", "GETKEYS", ...command]);
    assertEquals(Array.isArray(keys) ? keys[0] : keys, commandKey(command), String(command));
  }
});
