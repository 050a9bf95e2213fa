import { DEFAULT_GATEWAY_URL } from "./gateway_url.ts";
import type { SessionOptions } from "./session.ts";
import type { ShardOptions } from "./shard_options.ts";

/** The name that IDENTIFY gives (ID-11). */
const LIBRARY = "nextcore";

/** What the session of a shard with these options needs to know. */
export function sessionOptions(options: ShardOptions): SessionOptions {
  return {
    shardId: options.shardId,
    shardCount: options.shardCount,
    token: options.token.replace(/^Bot /, ""),
    intents: options.intents,
    gatewayUrl: options.gatewayUrl ?? DEFAULT_GATEWAY_URL,
    compress: options.compression,
    resumeUrl: options.resumeUrl ?? "follow",
    properties: { os: operatingSystem(), browser: LIBRARY, device: LIBRARY },
    largeThreshold: options.largeThreshold,
    capabilities: options.capabilities,
    mayReconnect: options.reconnect ?? true,
    random: options.random ?? Math.random,
  };
}

/** The name of the system as IDENTIFY wants it (ID-11). */
function operatingSystem(): string {
  const platform = globalThis.navigator?.platform ?? "";
  if (/linux/i.test(platform)) return "linux";
  if (/mac|darwin/i.test(platform)) return "darwin";
  return /win/i.test(platform) ? "windows" : "unknown";
}
