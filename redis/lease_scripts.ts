/**
 * The scripts of the fleet: who is a member, and which shards each member has.
 *
 * Keys, all in one slot: `members` (sorted set: member → until when it lives; `!` and a member → until when it gets no
 * shards, since some have failed there), `leases` (hash: shard → `member:fence`; the lease of a member that has died, or of
 * nobody, is free), `server` (hash: which Redis this is, since when, and until when no free lease is given out since it may
 * have forgotten some; `version`, the time of the last change of the two others, or one more).
 *
 * @module
 */
import { NOW, RedisScript } from "./redis_script.ts";

/** Lua: `changed()`, what is to be called where members or leases are others than before. */
const CHANGED = `${NOW}
local function changed()
  local version = tonumber(redis.call('HGET', KEYS[3], 'version') or '0')
  redis.call('HSET', KEYS[3], 'version', text(math.max(now, version + 1)))
end
`;

/**
 * Says that the member lives: ARGV member, ttlMs, quietMs, mode (`join`, `stay`), the version that the member knows.
 *
 * → `gone`, or `ok`, the quiet milliseconds left, the version; and where that is another, the members, and the leases as a
 * flat list.
 */
export const BEAT: RedisScript = new RedisScript(
  "nextcore beat",
  `${CHANGED}
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or 'unknown'
local quiet = tonumber(redis.call('HGET', KEYS[3], 'quietUntil') or '0')
if redis.call('HGET', KEYS[3], 'run') ~= run then
  quiet = now + tonumber(ARGV[3])
  redis.call('HSET', KEYS[3], 'run', run, 'since', text(now), 'quietUntil', text(quiet))
  changed()
end
local untilAt = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
if untilAt <= now and ARGV[4] ~= 'join' and now >= quiet then return {'gone'} end
local gone = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
local new = redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[2])), ARGV[1])
if gone + new > 0 then changed() end
local version = run .. ':' .. (redis.call('HGET', KEYS[3], 'version') or '0')
if version == ARGV[5] then return {'ok', text(math.max(0, quiet - now)), version} end
return {'ok', text(math.max(0, quiet - now)), version, redis.call('ZRANGE', KEYS[1], 0, -1),
  redis.call('HGETALL', KEYS[2])}
`,
);

/** Lua: `alive(member)`, and `lease(shard)` → member, fence. */
const LEASES = `${CHANGED}
local function alive(member)
  return member ~= '' and tonumber(redis.call('ZSCORE', KEYS[1], member) or '0') > now
end
local function lease(shard)
  local member, fence = string.match(redis.call('HGET', KEYS[2], shard) or ':0', '^(.*):(%d+)$')
  return member or '', tonumber(fence or '0')
end
`;

/**
 * Takes free leases: ARGV member, shards. → for each its fence, or nothing.
 *
 * A fence is the time, and larger than the one before: it grows also where Redis has forgotten the last one.
 */
export const CLAIM: RedisScript = new RedisScript(
  "nextcore claim",
  `${LEASES}
local taken = {}
local isQuiet = tonumber(redis.call('HGET', KEYS[3], 'quietUntil') or '0') > now
local mayTake = alive(ARGV[1]) and not isQuiet
for i = 2, #ARGV do
  local member, fence = lease(ARGV[i])
  if mayTake and not alive(member) then
    local mine = text(math.max(now, fence + 1))
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[1] .. ':' .. mine)
    changed()
    taken[#taken + 1] = mine
  else
    taken[#taken + 1] = ''
  end
end
return taken
`,
);

/** Tells again which leases the member has, to a Redis that may have forgotten: ARGV member, (shard, fence)… → `1` or `0` each. */
export const ASSERT: RedisScript = new RedisScript(
  "nextcore assert",
  `${LEASES}
local kept = {}
for i = 2, #ARGV, 2 do
  local member, fence = lease(ARGV[i])
  local mine = tonumber(ARGV[i + 1])
  if alive(ARGV[1]) and (fence < mine or (fence == mine and member == ARGV[1])) then
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[1] .. ':' .. text(mine))
    changed()
    kept[#kept + 1] = '1'
  else
    kept[#kept + 1] = '0'
  end
end
return kept
`,
);

/** Gives leases back: ARGV member, how many milliseconds it wants no others, (shard, fence)… → how many. */
export const RELEASE: RedisScript = new RedisScript(
  "nextcore release",
  `${LEASES}
local released = 0
if tonumber(ARGV[2]) > 0 then redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[2])), '!' .. ARGV[1]) end
for i = 3, #ARGV, 2 do
  local member, fence = lease(ARGV[i])
  if member == ARGV[1] and fence == tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[2], ARGV[i], ':' .. text(fence))
    released = released + 1
  end
end
changed()
return released
`,
);

/** Makes the fence of a lease larger: ARGV member, shard, fence, least. → the new one, or nothing when it is not ours. */
export const RAISE: RedisScript = new RedisScript(
  "nextcore raise",
  `${LEASES}
local member, fence = lease(ARGV[2])
if member ~= ARGV[1] or fence ~= tonumber(ARGV[3]) or not alive(member) then return '' end
local raised = text(math.max(now, fence + 1, tonumber(ARGV[4])))
redis.call('HSET', KEYS[2], ARGV[2], member .. ':' .. raised)
changed()
return raised
`,
);

/** The member leaves: ARGV member. All its leases are free. */
export const LEAVE: RedisScript = new RedisScript(
  "nextcore leave",
  `${LEASES}
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local member, fence = lease(all[i])
  if member == ARGV[1] then redis.call('HSET', KEYS[2], all[i], ':' .. text(fence)) end
end
changed()
return redis.call('ZREM', KEYS[1], ARGV[1], '!' .. ARGV[1])
`,
);
