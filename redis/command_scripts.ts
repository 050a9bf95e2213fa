/**
 * The scripts of commands to shards: letters to who owns a shard, and answers.
 *
 * Keys, all in the slot of the fleet: `members`, `leases`, `inbox:<member>` (list), `answers:<caller>` (list). A letter is
 * `<expires>:<json>`, by Redis' clock.
 *
 * @module
 */
import { NOW, RedisScript } from "./redis_script.ts";

/** Writes to the owner: keys `members`, `leases`; ARGV shard, letter, ttlMs, limit, start of the key. → `ok`, `noOwner`, `busy`. */
export const ASK: RedisScript = new RedisScript(
  "nextcore ask",
  `${NOW}
local member = string.match(redis.call('HGET', KEYS[2], ARGV[1]) or ':0', '^(.*):%d+$')
if member == '' or tonumber(redis.call('ZSCORE', KEYS[1], member) or '0') <= now then return 'noOwner' end
local inbox = ARGV[5] .. member
if redis.call('LLEN', inbox) >= tonumber(ARGV[4]) then return 'busy' end
redis.call('RPUSH', inbox, text(now + tonumber(ARGV[3])) .. ':' .. ARGV[2])
redis.call('PEXPIRE', inbox, 600000)
return 'ok'
`,
);

/** Takes letters that are still worth an answer: key of the list; ARGV count. → their texts. */
export const TAKE: RedisScript = new RedisScript(
  "nextcore take",
  `${NOW}
local taken = {}
for _ = 1, tonumber(ARGV[1]) do
  local item = redis.call('LPOP', KEYS[1])
  if not item then break end
  local expires, letter = string.match(item, '^(%d+):(.*)$')
  if expires and tonumber(expires) > now then taken[#taken + 1] = letter end
end
return taken
`,
);

/** Puts a letter into a list that nobody may empty: key of the list; ARGV letter, ttlMs, limit. → how many there are. */
export const DROP: RedisScript = new RedisScript(
  "nextcore drop",
  `${NOW}
local length = redis.call('RPUSH', KEYS[1], text(now + tonumber(ARGV[2])) .. ':' .. ARGV[1])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[3]), -1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return length
`,
);
