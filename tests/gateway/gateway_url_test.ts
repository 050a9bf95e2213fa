import { assertEquals } from "@std/assert";
import { DEFAULT_GATEWAY_URL, gatewayUrl, isGatewayUrl, resumeUrl } from "../../gateway/gateway_url.ts";

const RESUME = "wss://gateway-us-east1-b.discord.gg";
const PROXY = "ws://127.0.0.1:8080/gateway";

Deno.test("DEFAULT_GATEWAY_URL is Discord's (URL-1)", () => {
  assertEquals(DEFAULT_GATEWAY_URL, "wss://gateway.discord.gg");
});

Deno.test("gatewayUrl always asks for version 10 and JSON, and for compression only when told (URL-2, ENV-5)", () => {
  assertEquals(gatewayUrl(RESUME, undefined), `${RESUME}/?v=10&encoding=json`);
  assertEquals(gatewayUrl(RESUME, "zlib-stream"), `${RESUME}/?v=10&encoding=json&compress=zlib-stream`);
});

Deno.test("gatewayUrl sets its query, whatever the base ends with or had (URL-3)", () => {
  const bases = [
    "wss://a.discord.gg",
    "wss://a.discord.gg/",
    "wss://a.discord.gg/?v=6&encoding=etf",
    "wss://a.discord.gg/?encoding=etf&v=9&compress=zstd-stream&v=8",
  ];
  for (const base of bases) {
    const { searchParams, host, pathname } = new URL(gatewayUrl(base, undefined));
    assertEquals([host, pathname], ["a.discord.gg", "/"], base);
    assertEquals([searchParams.getAll("v"), searchParams.getAll("encoding")], [["10"], ["json"]], base);
    assertEquals(searchParams.has("compress"), false, base);
  }
});

Deno.test("gatewayUrl keeps the path and query that a proxy needs (URL-3, URL-6)", () => {
  const url = new URL(gatewayUrl(`${PROXY}?key=1`, "zlib-stream"));
  assertEquals(url.pathname, "/gateway");
  assertEquals(url.searchParams.get("key"), "1");
  assertEquals(url.searchParams.get("compress"), "zlib-stream");
});

Deno.test("resumeUrl is the base when READY named none (URL-4)", () => {
  assertEquals(resumeUrl(undefined, DEFAULT_GATEWAY_URL, "follow"), undefined);
  assertEquals(resumeUrl(undefined, DEFAULT_GATEWAY_URL, () => RESUME), undefined);
});

Deno.test("resumeUrl follows, ignores, or is replaced, as the option says (URL-6)", () => {
  assertEquals(resumeUrl(RESUME, DEFAULT_GATEWAY_URL, "follow"), RESUME);
  assertEquals(resumeUrl(RESUME, DEFAULT_GATEWAY_URL, "ignore"), undefined);
  const asked: string[] = [];
  assertEquals(resumeUrl(RESUME, PROXY, (url) => (asked.push(url), `${PROXY}/resume`)), `${PROXY}/resume`);
  assertEquals(asked, [RESUME]);
});

Deno.test("resumeUrl does not give the token to a host outside discord.gg (URL-7)", () => {
  const strangers = [
    "wss://example.com",
    "wss://evil-discord.gg",
    "wss://discord.gg.example.com",
    "wss://discord.gg.",
    "wss://example.com/gateway.discord.gg",
    "wss://example.com?discord.gg",
    "wss://gateway.discord.gg@example.com",
    "wss://user:pass@gateway.discord.gg",
    "ws://gateway.discord.gg", // not encrypted
  ];
  for (const named of strangers) {
    assertEquals(resumeUrl(named, DEFAULT_GATEWAY_URL, "follow"), undefined, named);
  }
});

Deno.test("resumeUrl follows any host when the base is not Discord's (URL-6, URL-7)", () => {
  assertEquals(resumeUrl("ws://10.0.0.7:9000", PROXY, "follow"), "ws://10.0.0.7:9000");
});

Deno.test("resumeUrl takes only ws: and wss: (URL-7)", () => {
  for (
    const named of ["https://gateway.discord.gg", "javascript:alert(1)", "gateway.discord.gg", "", "wss://"]
  ) {
    assertEquals(resumeUrl(named, DEFAULT_GATEWAY_URL, "follow"), undefined, named);
    assertEquals(resumeUrl(named, PROXY, "follow"), undefined, named);
    assertEquals(resumeUrl(RESUME, PROXY, () => named), undefined, named);
  }
});

Deno.test("isGatewayUrl refuses credentials, other schemes, and what is no text (URL-7)", () => {
  assertEquals(isGatewayUrl("wss://gateway.discord.gg"), true);
  assertEquals(isGatewayUrl(PROXY), true);
  for (const url of ["http://127.0.0.1", "ws://a:b@127.0.0.1", "127.0.0.1:80", ""]) {
    assertEquals(isGatewayUrl(url), false, url);
  }
  for (const url of [undefined, null, 7, {}]) {
    assertEquals(Reflect.apply(isGatewayUrl, undefined, [url]), false);
  }
});
