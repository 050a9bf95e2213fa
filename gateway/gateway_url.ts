/** What to make of the `resume_gateway_url` in READY: follow it, ignore it, or replace it. */
export type ResumeUrlPolicy = "follow" | "ignore" | ((url: string) => string);

/** The gateway that Discord names today, for when it can't be asked (§1). */
export const DEFAULT_GATEWAY_URL = "wss://gateway.discord.gg";

/** The version of the gateway and its encoding: always passed, since the default is still version 6 (URL-2). */
const API_VERSION = "10";
const ENCODING = "json";

/** The URL to connect to: `base` with our query set, whatever it had before (URL-3). */
export function gatewayUrl(base: string, compress: string | undefined): string {
  const url = new URL(base);
  url.searchParams.set("v", API_VERSION);
  url.searchParams.set("encoding", ENCODING);
  if (compress === undefined) url.searchParams.delete("compress");
  else url.searchParams.set("compress", compress);
  return url.href;
}

/** Where to resume, or `undefined` for the base URL: a resume host gets the token, so not every one will do (URL-7). */
export function resumeUrl(
  named: string | undefined,
  base: string,
  policy: ResumeUrlPolicy,
): string | undefined {
  if (named === undefined || policy === "ignore") return undefined;
  if (typeof policy === "function") {
    const chosen = replaced(named, policy);
    return chosen !== undefined && isGatewayUrl(chosen) ? chosen : undefined;
  }
  if (!isGatewayUrl(named)) return undefined;
  if (!isDiscords(base)) return named;
  return isDiscords(named) && new URL(named).protocol === "wss:" ? named : undefined;
}

/** Whether `url` can be connected to (URL-7). */
export function isGatewayUrl(url: string): boolean {
  if (typeof url !== "string" || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return (protocol === "ws:" || protocol === "wss:") && username === "" && password === "";
}

/** A policy that throws must not end the shard, which asks in the middle of reconnecting. */
function replaced(named: string, policy: (url: string) => string): string | undefined {
  try {
    return policy(named);
  } catch {
    return undefined;
  }
}

function isDiscords(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "discord.gg" || hostname.endsWith(".discord.gg");
}
