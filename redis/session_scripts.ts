import { RedisScript } from "./redis_script.ts";

/**
 * Keeps sessions: key `sessions` (hash: shard → `fence:json`); ARGV (shard, fence, json)…, an empty JSON for none.
 *
 * → for each `1`, or `0` when it was kept under a larger fence. The fence stays when the session is forgotten.
 */
export const KEEP: RedisScript = new RedisScript(
  "nextcore keep",
  `
local kept = {}
for i = 1, #ARGV, 3 do
  local fence = string.match(redis.call('HGET', KEYS[1], ARGV[i]) or '0:', '^(%d+):')
  if tonumber(fence or '0') <= tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ':' .. ARGV[i + 2])
    kept[#kept + 1] = '1'
  else
    kept[#kept + 1] = '0'
  end
end
return kept
`,
);
