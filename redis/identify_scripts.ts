/**
 * The scripts of turns to identify, over all processes (ID-2), and of the sessions of the day (ID-6).
 *
 * Keys, all in the slot of the fleet: `identify` (hash: `keys`, the number of keys; `open:<key>`, when the next turn of the
 * key may begin; `any`, when any may; `run`, which Redis this is: another one may have forgotten the last turns, and waits a
 * window), `asked` (hash: who asks and for which key → the turn that was given last, so that it is not lost with its answer),
 * `budget` (hash: `total`, `remaining`, `resetAt`), and `server` of the fleet, where there is one: since when this
 * Redis is known.
 *
 * @module
 */
import { NOW, RedisScript } from "./redis_script.ts";

/** Lua: `remaining`, `total`, and the day is over if it is. */
const BUDGET = `${NOW}
local total = tonumber(redis.call('HGET', KEYS[2], 'total') or '-1')
local remaining = tonumber(redis.call('HGET', KEYS[2], 'remaining') or '-1')
local resetAt = tonumber(redis.call('HGET', KEYS[2], 'resetAt') or '0')
if resetAt > 0 and now >= resetAt then
  remaining = total
  resetAt = 0
  redis.call('HSET', KEYS[2], 'remaining', text(remaining), 'resetAt', '0')
end
`;

/** Lua: `run`, which Redis this is. */
const RUN = `
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or 'unknown'
`;

/**
 * Reserves the next turn of a key: ARGV key, number of keys, windowMs, reserve, `1` where there is a fleet, who asks, `1`
 * where it asks again since no answer has come (then it gets the turn that it had been given, or gives that back), and how
 * many milliseconds late a turn may be used.
 *
 * → `ok`, milliseconds until it begins (below 0 where it has), its instant, which Redis this is; or `spent` and milliseconds until the sessions of the day are reset.
 */
export const TURN: RedisScript = new RedisScript(
  "nextcore turn",
  `${BUDGET}${RUN}
local given = ARGV[7] == '1' and redis.call('HGET', KEYS[4], ARGV[6])
if given then
  local at, latest, giver = string.match(given, '^(%d+):(%d+):(%w+)$')
  if giver == run then
    if now <= tonumber(latest) then return {'ok', text(tonumber(at) - now), at, run} end
    if total >= 0 then
      remaining = math.min(total, remaining + 1)
      redis.call('HSET', KEYS[2], 'remaining', text(remaining))
    end
  end
  redis.call('HDEL', KEYS[4], ARGV[6])
end
if total >= 0 and remaining <= tonumber(ARGV[4]) then return {'spent', text(math.max(0, resetAt - now))} end
local any = tonumber(redis.call('HGET', KEYS[1], 'any') or '0')
local knownRun = redis.call('HGET', KEYS[1], 'run')
if knownRun ~= run then
  local since = tonumber(redis.call('HGET', KEYS[3], 'since') or (ARGV[5] == '1' and now or 0))
  any = math.max(any, (knownRun and now or since) + tonumber(ARGV[3]))
  redis.call('HSET', KEYS[1], 'run', run, 'any', text(any))
end
if redis.call('HGET', KEYS[1], 'keys') ~= ARGV[2] then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 5) == 'open:' then any = math.max(any, tonumber(all[i + 1])) end
  end
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'keys', ARGV[2], 'any', text(any), 'run', run)
end
local field = 'open:' .. ARGV[1]
local at = math.max(now, any, tonumber(redis.call('HGET', KEYS[1], field) or '0'))
redis.call('HSET', KEYS[1], field, text(at + tonumber(ARGV[3])))
if total >= 0 then
  redis.call('HSET', KEYS[2], 'remaining', text(remaining - 1))
  if resetAt == 0 then redis.call('HSET', KEYS[2], 'resetAt', text(now + 86400000)) end
end
redis.call('HSET', KEYS[4], ARGV[6], text(at) .. ':' .. text(at + tonumber(ARGV[8])) .. ':' .. run)
redis.call('PEXPIRE', KEYS[4], text(math.max(600000, at - now + 60000)))
return {'ok', text(at - now), text(at), run}
`,
);

/** Whether a turn that was waited for still counts: ARGV run. → `1`, or `0` where another Redis has taken over meanwhile. */
export const CONFIRM_TURN: RedisScript = new RedisScript(
  "nextcore confirm turn",
  `${RUN}
if run == ARGV[1] and redis.call('HGET', KEYS[1], 'run') == run then return 1 end
return 0
`,
);

/** Gives a turn back that was not used: ARGV key, number of keys, windowMs, its instant. */
export const RETURN_TURN: RedisScript = new RedisScript(
  "nextcore return turn",
  `${BUDGET}
if total >= 0 then redis.call('HSET', KEYS[2], 'remaining', text(math.min(total, remaining + 1))) end
local field = 'open:' .. ARGV[1]
local isLast = redis.call('HGET', KEYS[1], field) == text(tonumber(ARGV[4]) + tonumber(ARGV[3]))
if isLast and redis.call('HGET', KEYS[1], 'keys') == ARGV[2] then redis.call('HSET', KEYS[1], field, ARGV[4]) end
return 1
`,
);

/** Takes what Discord says: ARGV total, remaining, resetAfterMs. Within one day, the smaller number of sessions counts. */
export const LEARN_BUDGET: RedisScript = new RedisScript(
  "nextcore learn budget",
  `${BUDGET}
local told = tonumber(ARGV[2])
local after = tonumber(ARGV[3])
local isSameDay = total == tonumber(ARGV[1]) and resetAt > 0 and (after == 0 or math.abs(now + after - resetAt) < 120000)
if isSameDay then told = math.min(told, remaining) end
if after > 0 then resetAt = now + after elseif not isSameDay then resetAt = 0 end
redis.call('HSET', KEYS[2], 'total', ARGV[1], 'remaining', text(told), 'resetAt', text(resetAt))
return text(told)
`,
);
