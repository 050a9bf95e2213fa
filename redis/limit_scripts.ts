/**
 * The scripts of rate limits that are counted together.
 *
 * Keys of one owner, all in one slot, begin with `{<prefix>}:limits:<owner>:`. `routes` (hash: route → id of its limit),
 * `global` (sorted set of what went in the last second) and `pause`; for each limit and resource `bucket:…` (hash: `limit`,
 * `left`, `resetAt`, `freeUntil`, `count`) and `tickets:…` (sorted set: ticket → when it expires); for each route and resource
 * `hold:…` (hash: which requests → until when they are held).
 *
 * @module
 */
import { NOW, RedisScript } from "./redis_script.ts";

/** Lua: the key of a bucket, and of its tickets; what is forgotten by whom nobody asks. */
const BUCKET = `${NOW}
local base = KEYS[1]
local function keep(key, ms) redis.call('PEXPIRE', key, math.max(600000, ms)) end
local function lose(bucket, count)
  if count > 0 and redis.call('HEXISTS', base .. 'bucket:' .. bucket, 'left') == 1 then
    redis.call('HINCRBY', base .. 'bucket:' .. bucket, 'left', -count)
  end
end
`;

/**
 * Takes turns: key start; ARGV routeKey, majorKey, fields, ticketMs, how many at most.
 *
 * → `wait` and milliseconds; `free` where there is no limit; or `ok`, the bucket, and the tickets: more than one only where
 * the bucket is plainly open.
 */
export const RESERVE: RedisScript = new RedisScript(
  "nextcore reserve",
  `${BUCKET}
local line = ARGV[1] .. '|' .. ARGV[2]
local holds = redis.call('HGETALL', base .. 'hold:' .. line)
local hold = 0
for i = 1, #holds, 2 do
  if holds[i] == '*' or holds[i] == 'f:' .. ARGV[3] then hold = math.max(hold, tonumber(holds[i + 1])) end
end
if hold > now then return {'wait', text(hold - now)} end
local id = redis.call('HGET', base .. 'routes', ARGV[1])
local bucket = id and (id .. '|' .. ARGV[2]) or ('?' .. line)
local key, tickets = base .. 'bucket:' .. bucket, base .. 'tickets:' .. bucket
local known = redis.call('HMGET', key, 'limit', 'left', 'resetAt', 'freeUntil')
if tonumber(known[4] or '0') > now then return {'free', known[4] and text(tonumber(known[4]) - now)} end
local lost = redis.call('ZREMRANGEBYSCORE', tickets, '-inf', text(now))
lose(bucket, lost)
local limit, left, resetAt = tonumber(known[1]), tonumber(known[2] or '0') - lost, tonumber(known[3] or '0')
local out = redis.call('ZCARD', tickets)
local open = (not limit) and 1 - out or (now >= resetAt and limit - out or left - out)
if open <= 0 then
  local wait = 50
  if limit and now < resetAt and left <= 0 then wait = resetAt - now + 1 end
  return {'wait', text(wait)}
end
local count = math.min(tonumber(ARGV[5]), math.max(1, math.floor(open / 8)))
local given = {'ok', bucket}
for _ = 1, count do
  local ticket = tostring(redis.call('HINCRBY', key, 'count', 1))
  redis.call('ZADD', tickets, text(now + tonumber(ARGV[4])), ticket)
  given[#given + 1] = ticket
end
keep(key, 0)
keep(tickets, tonumber(ARGV[4]))
return given
`,
);

/** Gives turns back that were not used: key start; ARGV bucket, tickets… → how many. */
export const REFUND: RedisScript = new RedisScript(
  "nextcore refund",
  `return redis.call('ZREM', KEYS[1] .. 'tickets:' .. ARGV[1], unpack(ARGV, 2))`,
);

/**
 * A turn was used: key start; ARGV bucket, ticket, routeKey, majorKey, fields, outcome (`ok`, `failed`, `lost`), id, limit,
 * remaining, resetAfterMs, scope, retryAfterMs, isSublimit (`1`, `0`). What is not known is empty.
 */
export const SETTLE: RedisScript = new RedisScript(
  "nextcore settle",
  `${BUCKET}
local line = ARGV[3] .. '|' .. ARGV[4]
if ARGV[2] ~= '' then
  local isOut = redis.call('ZREM', base .. 'tickets:' .. ARGV[1], ARGV[2]) == 1
  if isOut and ARGV[6] == 'lost' then lose(ARGV[1], 1) end
end
if ARGV[6] == 'lost' then return 0 end
local bucket = ARGV[1]
if ARGV[7] ~= '' then
  redis.call('HSET', base .. 'routes', ARGV[3], ARGV[7])
  bucket = ARGV[7] .. '|' .. ARGV[4]
elseif bucket == '' then
  bucket = '?' .. line
end
local key = base .. 'bucket:' .. bucket
if ARGV[8] ~= '' then
  local known = redis.call('HMGET', key, 'left', 'resetAt')
  local left, resetAt = tonumber(ARGV[9]), now + math.ceil(tonumber(ARGV[10])) + 2
  local wasUntil = tonumber(known[2] or '0')
  if now < wasUntil then
    left = math.min(left, tonumber(known[1] or ARGV[9]))
    resetAt = math.max(resetAt, wasUntil)
  end
  redis.call('HSET', key, 'limit', ARGV[8], 'left', text(left), 'resetAt', text(resetAt), 'freeUntil', '0')
  keep(key, resetAt - now)
elseif ARGV[6] == 'ok' and redis.call('HEXISTS', key, 'limit') == 0 then
  redis.call('HSET', key, 'freeUntil', text(now + 600000))
  keep(key, 0)
end
if ARGV[11] == '' then return 1 end
local untilAt = now + math.ceil(tonumber(ARGV[12])) + 2
redis.call('HSET', key, 'freeUntil', '0')
if ARGV[11] == 'global' then
  redis.call('SET', base .. 'pause', text(untilAt), 'PX', text(untilAt - now))
elseif ARGV[11] == 'shared' or ARGV[13] == '1' then
  redis.call('HSET', base .. 'hold:' .. line, ARGV[11] == 'shared' and '*' or 'f:' .. ARGV[5], text(untilAt))
  keep(base .. 'hold:' .. line, untilAt - now)
else
  local wasUntil = tonumber(redis.call('HGET', key, 'resetAt') or '0')
  redis.call('HSET', key, 'left', '0', 'resetAt', text(math.max(untilAt, wasUntil)))
  redis.call('HSETNX', key, 'limit', '1')
  keep(key, untilAt - now)
end
return 1
`,
);

/** Takes turns of the global limit: key start; ARGV limit, windowMs, how many at most. → how many, and the wait for the next. */
export const TAKE_GLOBAL: RedisScript = new RedisScript(
  "nextcore take global",
  `${NOW}
local key = KEYS[1] .. 'global'
local pause = tonumber(redis.call('GET', KEYS[1] .. 'pause') or '0')
if pause > now then return {0, text(pause - now)} end
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now - window))
local taken = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
local sum = 0
for i = 1, #taken, 2 do sum = sum + tonumber(string.match(taken[i], ':(%d+)$')) end
local count = math.min(tonumber(ARGV[3]), tonumber(ARGV[1]) - sum)
if count <= 0 then return {0, text(taken[2] + window - now + 1)} end
redis.call('ZADD', key, text(now), time[1] .. '.' .. time[2] .. ':' .. text(count))
redis.call('PEXPIRE', key, text(window * 2))
return {count, '0'}
`,
);

/** Discord refused by the global limit: key start; ARGV milliseconds. Nobody goes until then. */
export const PAUSE_GLOBAL: RedisScript = new RedisScript(
  "nextcore pause global",
  `${NOW}
local key = KEYS[1] .. 'pause'
local untilAt = math.max(now + math.ceil(tonumber(ARGV[1])), tonumber(redis.call('GET', key) or '0'))
redis.call('SET', key, text(untilAt), 'PX', text(math.max(1, untilAt - now)))
return 1
`,
);
