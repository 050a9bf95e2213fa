/**
 * The scripts of one shard: its events, and the session that they come from.
 *
 * Keys, all in one slot: `events` (stream; the id of an event is `<fence>-<sequence>`, so that Redis itself refuses what is
 * there already, and what somebody writes who has lost the shard), `session` (hash: `json`, `since` (the fence from which on
 * events are of this session), `sequence`, `fence`, `owner`; `presence` as JSON, which outlives
 * sessions), `poison` (stream of events that nobody could handle).
 *
 * A new session counts from 1 again, and so begins with a fence of its own, one larger.
 *
 * @module
 */
import { LAST_ID, NOW, RedisScript } from "./redis_script.ts";

/**
 * Takes the stream over: ARGV fence, member. From here on Redis refuses whatever is written with a smaller one.
 *
 * → `stale` and the fence there is, which is larger, or somebody else's (its sessions may have raised it); or `ok`, the session as JSON, its `since`, and the number of the last event that
 * is in the stream or was noted, as texts; empty where there is no session.
 */
export const OPEN: RedisScript = new RedisScript(
  "nextcore open",
  `${NOW}${LAST_ID}
local fence = tonumber(ARGV[1])
local last = lastId(KEYS[1])
if last == nil then
  redis.call('XGROUP', 'CREATE', KEYS[1], 'nextcore-open', '0', 'MKSTREAM')
  redis.call('XGROUP', 'DESTROY', KEYS[1], 'nextcore-open')
  last = 0
end
local noted = tonumber(redis.call('HGET', KEYS[2], 'fence') or '0')
local owner = redis.call('HGET', KEYS[2], 'owner')
local isOthers = noted == fence and owner and owner ~= ARGV[2]
if last > fence or noted > fence or isOthers then return {'stale', text(math.max(last, noted))} end
if last < fence then redis.call('XSETID', KEYS[1], ARGV[1] .. '-0') end
redis.call('HSET', KEYS[2], 'fence', ARGV[1], 'owner', ARGV[2])
local json = redis.call('HGET', KEYS[2], 'json')
if not json then return {'ok', '', '0', '0'} end
local since = tonumber(redis.call('HGET', KEYS[2], 'since') or '0')
local sequence = tonumber(redis.call('HGET', KEYS[2], 'sequence') or '0')
local top = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if top then
  local topFence, topSequence = string.match(top[1], '^(%d+)-(%d+)$')
  if tonumber(topFence) >= since then sequence = math.max(sequence, tonumber(topSequence)) end
end
return {'ok', json, text(since), text(sequence)}
`,
);

/**
 * Writes events: ARGV fence, maxLength, (sequence, name, text)…
 *
 * → `ok`; `stale` when somebody else has the shard; `missing` when the stream is gone. Events that are there already are
 * passed over, so that it can be repeated. When Redis is full, it says so before anything is written.
 */
export const PUBLISH: RedisScript = new RedisScript(
  "nextcore publish",
  `${LAST_ID}
local known
for i = 3, #ARGV, 3 do
  if not known or tonumber(ARGV[i]) > known then
    local id = redis.pcall('XADD', KEYS[1], 'NOMKSTREAM', 'MAXLEN', '~', ARGV[2], ARGV[1] .. '-' .. ARGV[i],
      ARGV[i + 1], ARGV[i + 2])
    if not id then return {'missing'} end
    if type(id) == 'table' and id.err then
      if not string.find(id.err, 'equal or smaller', 1, true) then return id end
      local fence, sequence = lastId(KEYS[1])
      if fence ~= tonumber(ARGV[1]) then return {'stale'} end
      known = sequence
    end
  end
end
return {'ok'}
`,
);

/**
 * Begins a session: ARGV fence, maxLength, sequence, name, text, json, the session's id. → `ok` and the fence from here on, or `stale`.
 *
 * Its first event and the session itself are written together.
 */
export const BEGIN: RedisScript = new RedisScript(
  "nextcore begin",
  `${NOW}${LAST_ID}
local fence = tonumber(ARGV[1])
local last = lastId(KEYS[1])
local own = tonumber(redis.call('HGET', KEYS[2], 'fence') or '0')
if last == fence + 1 and own == fence + 1 and redis.call('HGET', KEYS[2], 'json') == ARGV[6] then
  return {'ok', text(fence + 1)}
end
if not last then return {'missing'} end
if last > fence or own > fence then return {'stale'} end
local next = text(fence + 1)
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], next .. '-' .. ARGV[3], ARGV[4], ARGV[5])
redis.call('HSET', KEYS[2], 'fence', next, 'json', ARGV[6], 'since', next, 'sequence', ARGV[3], 'id', ARGV[7])
return {'ok', next}
`,
);

/**
 * Notes where the session stands: ARGV fence, json, sequence, the session's id. → `1`, or `0` when somebody else has the shard.
 *
 * A Redis that has forgotten the session learns it again: its events begin at this fence then.
 */
export const NOTE: RedisScript = new RedisScript(
  "nextcore note",
  `
if tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') > tonumber(ARGV[1]) then return 0 end
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[4] then redis.call('HSET', KEYS[1], 'since', ARGV[1]) end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'json', ARGV[2], 'sequence', ARGV[3], 'id', ARGV[4])
return 1
`,
);

/** Keeps the presence that was sent last: key `session`; ARGV fence, json. → `1`, or `0` when somebody else has the shard. */
export const KEEP_PRESENCE: RedisScript = new RedisScript(
  "nextcore keep presence",
  `
if tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'presence', ARGV[2])
return 1
`,
);

/** Forgets the session: ARGV fence, the session's id. → `1`, also where there is another by now; `0` when somebody else has the shard. */
export const FORGET: RedisScript = new RedisScript(
  "nextcore forget",
  `
if tonumber(redis.call('HGET', KEYS[1], 'fence') or '0') > tonumber(ARGV[1]) then return 0 end
if redis.call('HGET', KEYS[1], 'id') == ARGV[2] then redis.call('HDEL', KEYS[1], 'json', 'since', 'sequence', 'id') end
return 1
`,
);

/**
 * Takes over what nobody has acknowledged: keys `events`, `poison`; ARGV group, consumer, idleMs, count, maxTries, poisonLength.
 *
 * → how many were looked at; then for each event that was taken: id, fields, how often it has been given out now. What has
 * been given out `maxTries` times already is set aside: id, the empty list, 0. What the stream has dropped: id, the empty list, -1.
 */
export const RECLAIM: RedisScript = new RedisScript(
  "nextcore reclaim",
  `
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], '-', '+', ARGV[4])
local found = {#pending}
for _, item in ipairs(pending) do
  local id, consumer, tries = item[1], item[2], tonumber(item[4])
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  if not entry then
    redis.call('XACK', KEYS[1], ARGV[1], id)
    found[#found + 1] = {id, {}, -1}
  elseif tries >= tonumber(ARGV[5]) then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', 'id', id, 'name', entry[2][1], 'text', entry[2][2],
      'tries', tries, 'reason', 'was given out ' .. tries .. ' times and never acknowledged, last to ' .. consumer)
    redis.call('XACK', KEYS[1], ARGV[1], id)
    found[#found + 1] = {id, {}, 0}
  else
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], id)
    found[#found + 1] = {id, entry[2], tries + 1}
  end
end
return found
`,
);

/** Sets an event aside, once: keys `events`, `poison`; ARGV group, id, name, text, tries, reason, poisonLength. → `1`, or `0` when it was done with. */
export const SET_ASIDE: RedisScript = new RedisScript(
  "nextcore set aside",
  `
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1) == 0 then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[7], '*', 'id', ARGV[2], 'name', ARGV[3], 'text', ARGV[4],
  'tries', ARGV[5], 'reason', ARGV[6])
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
`,
);

/** Removes a consumer that owes nothing: ARGV group, consumer. → `1` when it is gone. */
export const DISMISS: RedisScript = new RedisScript(
  "nextcore dismiss",
  `
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
if pending.err or #pending > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
`,
);

/** Removes consumers that owe nothing and have not been heard of for so long: key `events`; ARGV group, idleMs. → how many. */
export const SWEEP: RedisScript = new RedisScript(
  "nextcore sweep",
  `
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then return 0 end
local removed = 0
for _, facts in ipairs(consumers) do
  local known = {}
  for i = 1, #facts, 2 do known[facts[i]] = facts[i + 1] end
  if known.pending == 0 and (known.idle or 0) > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], known.name)
    removed = removed + 1
  end
end
return removed
`,
);
