const encoder = new TextEncoder();

/**
 * A script that runs in Redis, all or nothing, by Redis' own clock.
 *
 * Its first line is a comment with its name. Redis is told its digest; the text goes over only where that is not known.
 */
export class RedisScript {
  /** What it is called. */
  readonly name: string;
  /** Its text. */
  readonly source: string;
  #digest: Promise<string> | undefined;

  /** Makes a script of Lua. */
  constructor(name: string, body: string) {
    this.name = name;
    this.source = `-- ${name}\n${body.trim()}\n`;
  }

  /** Its SHA-1 digest, by which Redis remembers it. */
  digest(): Promise<string> {
    this.#digest ??= digestOf(this.source);
    return this.#digest;
  }
}

async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-1", encoder.encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Lua: `now`, milliseconds by the clock of this Redis; `text(n)`, a large number written out. */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(n) return string.format('%.0f', n) end
`;

/** Lua: `lastId(stream)`, the two parts of the last id that the stream has given, or nothing when there is no stream. */
export const LAST_ID = `
local function lastId(stream)
  local info = redis.pcall('XINFO', 'STREAM', stream)
  if info.err then return nil end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      local fence, sequence = string.match(info[i + 1], '^(%d+)-(%d+)$')
      return tonumber(fence), tonumber(sequence)
    end
  end
end
`;
