// A Redis in memory that goes by a clock of one's own: as much of it as the room uses, and its scripts as they are. What it
// does is compared with a real one in redis_model_test.ts.
import { createHash } from "node:crypto";
import type { Clock } from "../../../clock.ts";
import { compile } from "./lua.ts";
import { LuaTable, type LuaValue } from "./lua_values.ts";
import { StreamModel } from "./stream_model.ts";

/** An answer, as RESP2 has it; an `Error` is one. */
export type Reply = null | number | string | Error | readonly Reply[];
type Value = Map<string, string> | SortedSet | string[] | StreamModel | string;

class SortedSet {
  readonly scores: Map<string, number> = new Map();

  get sorted(): [string, number][] {
    return [...this.scores].toSorted(([one, a], [other, b]) => a - b || (one < other ? -1 : 1));
  }
}

/** A Redis. */
export class RedisModel {
  readonly clock: Clock;
  /** While set, writing is refused. */
  isFull = false;
  #runId = 1;
  #values = new Map<string, Value>();
  #expiries = new Map<string, number>();
  readonly #scripts = new Map<string, (names: Readonly<Record<string, LuaValue>>) => LuaValue>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get now(): number {
    return Math.floor(this.clock.wallNow());
  }

  /** It has been started anew; what it had is gone, unless it was kept. */
  restart({ isKept = false }: { readonly isKept?: boolean } = {}): void {
    this.#runId += 1;
    if (isKept) return;
    this.#values = new Map();
    this.#expiries = new Map();
  }

  /** What it has; to be given back by {@linkcode restore}, as by a replica that was behind. */
  snapshot(): Map<string, Value> {
    return structuredCloneOf(this.#values);
  }

  restore(values: Map<string, Value>): void {
    this.#runId += 1;
    this.#values = structuredCloneOf(values);
  }

  /** Does a command; throws where Redis would answer an error. */
  execute(command: readonly (string | Uint8Array)[]): Reply {
    const [name = "", ...args] = command.map((word) =>
      typeof word === "string" ? word : new TextDecoder().decode(word)
    );
    for (const [key, at] of this.#expiries) {
      if (at > this.now) continue;
      this.#values.delete(key);
      this.#expiries.delete(key);
    }
    const act = this.#commands[name.toUpperCase()];
    if (act === undefined) throw new Error(`ERR unknown command '${name}'`);
    if (this.isFull && GROWING.has(name.toUpperCase())) {
      throw new Error("OOM command not allowed when used memory > 'maxmemory'.");
    }
    return act(args);
  }

  readonly #commands: Readonly<Record<string, (args: string[]) => Reply>> = {
    PING: () => "PONG",
    TIME: () => [String(Math.floor(this.now / 1_000)), String(this.now % 1_000 * 1_000)],
    INFO: () => `# Server\r\nrun_id:${String(this.#runId).padStart(40, "0")}\r\n`,
    EVALSHA: ([digest = "", ...rest]) => {
      if (!this.#scripts.has(digest)) throw new Error("NOSCRIPT No matching script. Please use EVAL.");
      return this.#run(digest, rest);
    },
    EVAL: ([source = "", ...rest]) => {
      const digest = createHash("sha1").update(source).digest("hex");
      if (!this.#scripts.has(digest)) this.#scripts.set(digest, compile(source));
      return this.#run(digest, rest);
    },
    GET: ([key = ""]) => this.#textOf(key) ?? null,
    SET: ([key = "", value = "", mode, ms]) => {
      this.#values.set(key, value);
      this.#expiries.delete(key);
      if (mode === "PX") this.#expiries.set(key, this.now + Number(ms));
      return "OK";
    },
    DEL: (keys) => keys.filter((key) => this.#values.delete(key)).length,
    PEXPIRE: ([key = "", ms]) => {
      if (!this.#values.has(key)) return 0;
      this.#expiries.set(key, this.now + Number(ms));
      return 1;
    },
    HSET: ([key = "", ...pairs]) => {
      const hash = this.#hash(key);
      const before = hash.size;
      for (let at = 0; at < pairs.length; at += 2) hash.set(pairs[at] ?? "", pairs[at + 1] ?? "");
      return hash.size - before;
    },
    HSETNX: ([key = "", field = "", value = ""]) => {
      const hash = this.#hash(key);
      if (hash.has(field)) return 0;
      hash.set(field, value);
      return 1;
    },
    HGET: ([key = "", field = ""]) => this.#hash(key, false).get(field) ?? null,
    HMGET: ([key = "", ...fields]) => fields.map((field) => this.#hash(key, false).get(field) ?? null),
    HGETALL: ([key = ""]) => [...this.#hash(key, false)].flat(),
    HEXISTS: ([key = "", field = ""]) => Number(this.#hash(key, false).has(field)),
    HDEL: ([key = "", ...fields]) => fields.filter((field) => this.#hash(key, false).delete(field)).length,
    HINCRBY: ([key = "", field = "", by]) => {
      const value = Number(this.#hash(key).get(field) ?? 0) + Number(by);
      this.#hash(key).set(field, String(value));
      return value;
    },
    ZADD: ([key = "", score, member = ""]) => {
      const { scores } = this.#sortedSet(key);
      const isNew = !scores.has(member);
      scores.set(member, Number(score));
      return Number(isNew);
    },
    ZSCORE: ([key = "", member = ""]) => {
      const score = this.#sortedSet(key).scores.get(member);
      return score === undefined ? null : String(score);
    },
    ZCARD: ([key = ""]) => this.#sortedSet(key).scores.size,
    ZREM: ([key = "", ...members]) =>
      members.filter((member) => this.#sortedSet(key).scores.delete(member)).length,
    ZRANGE: ([key = "", , , withScores]) => {
      const { sorted } = this.#sortedSet(key);
      return withScores === undefined
        ? sorted.map(([member]) => member)
        : sorted.flatMap(([member, score]) => [member, String(score)]);
    },
    ZREMRANGEBYSCORE: ([key = "", , to]) => {
      const { scores } = this.#sortedSet(key);
      return [...scores].filter(([member, score]) => score <= Number(to) && scores.delete(member)).length;
    },
    RPUSH: ([key = "", ...values]) => this.#list(key).push(...values),
    LPOP: ([key = ""]) => this.#list(key, false).shift() ?? null,
    LLEN: ([key = ""]) => this.#list(key, false).length,
    LTRIM: ([key = "", from]) => {
      const list = this.#list(key);
      list.splice(0, Math.max(0, list.length + Number(from)));
      return "OK";
    },
    XADD: ([key = "", ...rest]) => {
      const isThere = this.#values.get(key) instanceof StreamModel;
      if (rest[0] === "NOMKSTREAM" && !isThere) return null;
      const stream = this.#stream(key) ?? this.#makeStream(key);
      return stream.add(rest[0] === "NOMKSTREAM" ? rest.slice(1) : rest, this.now);
    },
    XRANGE: ([key = "", from = "", to = ""]) => this.#stream(key)?.range(from, to) ?? [],
    XREVRANGE: ([key = ""]) => this.#stream(key)?.range("-", "+").slice(-1) ?? [],
    XSETID: ([key = "", id = ""]) => this.#needStream(key).setId(id),
    XINFO: ([what = "", key = ""]) => this.#needStream(key).info(what),
    XGROUP: ([what = "", key = "", group = "", third = "", make]) => {
      if (make === "MKSTREAM" && this.#stream(key) === undefined) this.#makeStream(key);
      return this.#needStream(key).group(what, group, third);
    },
    XREADGROUP: (args) => this.#readGroup(args),
    XACK: ([key = "", group = "", ...ids]) => this.#stream(key)?.acknowledge(group, ids) ?? 0,
    XCLAIM: ([key = "", group = "", consumer = "", idle, ...rest]) =>
      this.#needStream(key).claim(group, consumer, Number(idle), rest, this.now),
    XPENDING: ([key = "", group = "", ...rest]) => this.#needStream(key).pending(group, rest, this.now),
  };

  #readGroup(args: readonly string[]): Reply {
    const [, group = "", consumer = ""] = args;
    const count = Number(args[args.indexOf("COUNT") + 1]);
    const names = args.slice(args.indexOf("STREAMS") + 1);
    const found = names.slice(0, names.length / 2).flatMap((key): Reply[] => {
      const entries = this.#needStream(key).read(group, consumer, count, this.now);
      return entries.length === 0 ? [] : [[key, entries]];
    });
    return found.length === 0 ? null : found;
  }

  #run(digest: string, [count, ...rest]: readonly string[]): Reply {
    const keys = new LuaTable(rest.slice(0, Number(count)));
    const call = (isProtected: boolean) => (...given: readonly LuaValue[]): LuaValue => {
      try {
        return luaOf(this.execute(given.map((word) => String(word))));
      } catch (error) {
        if (!isProtected || !(error instanceof Error)) throw error;
        return new LuaTable([], { err: error.message });
      }
    };
    const redis = new LuaTable([], { call: call(false), pcall: call(true) });
    const reply = this.#scripts.get(digest)?.({
      KEYS: keys,
      ARGV: new LuaTable(rest.slice(Number(count))),
      redis,
    });
    return replyOf(reply);
  }

  #textOf(key: string): string | undefined {
    const value = this.#values.get(key);
    return typeof value === "string" ? value : undefined;
  }

  #hash(key: string, isToStay = true): Map<string, string> {
    return this.#get(
      key,
      (value) => value instanceof Map ? value : undefined,
      () => new Map<string, string>(),
      isToStay,
    );
  }

  #sortedSet(key: string): SortedSet {
    return this.#get(key, (value) => value instanceof SortedSet ? value : undefined, () => new SortedSet());
  }

  #list(key: string, isToStay = true): string[] {
    return this.#get(key, (value) => Array.isArray(value) ? value : undefined, () => [], isToStay);
  }

  #get<Kind extends Value>(
    key: string,
    narrow: (value: Value) => Kind | undefined,
    make: () => Kind,
    isToStay = true,
  ): Kind {
    const known = this.#values.get(key);
    if (known === undefined) {
      const made = make();
      if (isToStay) this.#values.set(key, made);
      return made;
    }
    const value = narrow(known);
    if (value === undefined) {
      throw new Error("WRONGTYPE Operation against a key holding the wrong kind of value");
    }
    return value;
  }

  #stream(key: string): StreamModel | undefined {
    const value = this.#values.get(key);
    return value instanceof StreamModel ? value : undefined;
  }

  #makeStream(key: string): StreamModel {
    const stream = new StreamModel();
    this.#values.set(key, stream);
    return stream;
  }

  #needStream(key: string): StreamModel {
    const stream = this.#stream(key);
    if (stream === undefined) throw new Error(`ERR no such key (NOGROUP: no stream ${key})`);
    return stream;
  }
}

/** What is refused when Redis is full. */
const GROWING = new Set(["HSET", "HSETNX", "HINCRBY", "ZADD", "SET", "RPUSH", "XADD"]);

function luaOf(reply: Reply): LuaValue {
  if (reply === null) return false;
  if (Array.isArray(reply)) return new LuaTable(reply.map(luaOf));
  return typeof reply === "number" ? reply : String(reply);
}

function replyOf(value: LuaValue): Reply {
  if (value === undefined || value === false) return null;
  if (value === true) return 1;
  if (typeof value === "number") return Math.trunc(value);
  if (typeof value === "string") return value;
  if (!(value instanceof LuaTable)) throw new TypeError("Lua gives back a function");
  const error = value.get("err");
  if (error !== undefined) throw new Error(String(error));
  const end = value.list.indexOf(undefined);
  return (end === -1 ? value.list : value.list.slice(0, end)).map(replyOf);
}

function structuredCloneOf(values: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map([...values].map(([key, value]) => [key, cloneOf(value)]));
}

function cloneOf(value: Value): Value {
  if (value instanceof StreamModel) return value.clone();
  if (value instanceof SortedSet) {
    const copy = new SortedSet();
    for (const [member, score] of value.scores) copy.scores.set(member, score);
    return copy;
  }
  if (value instanceof Map) return new Map(value);
  return Array.isArray(value) ? [...value] : value;
}
