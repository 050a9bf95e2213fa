import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BotAuthentication, Route } from "../../http/mod.ts";
import {
  checkedBaseUrl,
  DEFAULT_USER_AGENT,
  queryString,
  requestHeaders,
  type RequestHeadersInit,
} from "../../http/request_head.ts";

const route = new Route("GET", "/users/@me");
const authentication = new BotAuthentication("a.b.c");

function headers(init: Partial<RequestHeadersInit>): Headers {
  const record = requestHeaders({ route, userAgent: DEFAULT_USER_AGENT, contentType: undefined, ...init });
  const headers = new Headers(record);
  assertEquals([...headers].length, Object.keys(record).length, "a header stands there twice");
  return headers;
}

Deno.test("requestHeaders introduces the library as Discord asks (A2.1)", () => {
  assertStringIncludes(headers({}).get("User-Agent") ?? "", "DiscordBot (https://");
  assertEquals(headers({ userAgent: "DiscordBot (x, 1)" }).get("User-Agent"), "DiscordBot (x, 1)");
});

Deno.test("requestHeaders authorises, but not where the path does (A2.2, A2.7)", () => {
  assertEquals(headers({ authentication }).get("Authorization"), "Bot a.b.c");
  assertEquals(headers({}).has("Authorization"), false);
  const hook = new Route("POST", "/webhooks/{webhook_id}/{webhook_token}", {
    webhook_id: "1",
    webhook_token: "x",
  });
  assertEquals(headers({ authentication, route: hook }).has("Authorization"), false);
  assertEquals(
    headers({ authentication, headers: { authorization: "Bot d" } }).get("Authorization"),
    "Bot d",
  );
});

Deno.test("requestHeaders encodes the audit reason: all of Unicode, also halves of pairs (A2.6, C19)", () => {
  for (const reason of ["spam", "ä ö\n\r\0", "🏳️‍🌈 %20", "\u{10ffff}"]) {
    assertEquals(decodeURIComponent(headers({ reason }).get("X-Audit-Log-Reason") ?? ""), reason);
  }
  assertEquals(
    decodeURIComponent(headers({ reason: "a\ud800b" }).get("X-Audit-Log-Reason") ?? ""),
    "a\ufffdb",
  );
});

Deno.test("requestHeaders takes 512 characters of a reason, and none for none (A2.6)", () => {
  for (const reason of [undefined, ""]) assertEquals(headers({ reason }).has("X-Audit-Log-Reason"), false);
  assertEquals(headers({ reason: "🎉".repeat(512) }).has("X-Audit-Log-Reason"), true);
  assertThrows(() => headers({ reason: "x".repeat(513) }), RangeError, "513");
  assertThrows(
    () => Reflect.apply(requestHeaders, undefined, [{ route, userAgent: "x", reason: 5 }]),
    TypeError,
  );
});

Deno.test("queryString repeats lists and leaves out what is nothing (A3.4)", () => {
  assertEquals(queryString(undefined), "");
  assertEquals(queryString(null), "", "nothing to ask for");
  assertEquals(queryString({}), "");
  assertEquals(
    queryString({
      limit: 5,
      id: 12345678901234567890n,
      a: ["x", "y z"],
      yes: true,
      no: false,
      u: undefined,
      n: null,
      l: [],
    }),
    "?limit=5&id=12345678901234567890&a=x&a=y+z&yes=true&no=false",
  );
  assertEquals(queryString({ at: new Date(0) }), "?at=1970-01-01T00%3A00%3A00.000Z");
  assertEquals(queryString(new URLSearchParams("a=1&a=2")), "?a=1&a=2");
});

Deno.test("queryString refuses what has no text of its own (A3.4)", () => {
  for (const value of [NaN, Infinity, {}, Symbol("x"), () => {}, new Date(NaN), [[1]]]) {
    assertThrows(() => Reflect.apply(queryString, undefined, [{ value }]), TypeError, "value");
  }
});

Deno.test("checkedBaseUrl takes prefixes and strips the slash at the end (A1.3)", () => {
  assertEquals(checkedBaseUrl("https://discord.com/api/v10"), "https://discord.com/api/v10");
  assertEquals(checkedBaseUrl("http://127.0.0.1:8080/proxy/api/v9//"), "http://127.0.0.1:8080/proxy/api/v9");
  assertEquals(checkedBaseUrl("http://localhost"), "http://localhost");
});

Deno.test("checkedBaseUrl refuses what cannot be put before a path, and shows no password (A1.3)", () => {
  const bad = [
    "",
    "discord.com",
    "ftp://x",
    "file:///x",
    "https://u:geheim@x",
    "https://x?a=1",
    "https://x#a",
    "https://x?",
  ];
  for (const url of bad) {
    const error = assertThrows(() => checkedBaseUrl(url), TypeError, "baseUrl");
    assertEquals(String(error).includes("geheim"), false);
  }
  assertThrows(() => Reflect.apply(checkedBaseUrl, undefined, [5]), TypeError);
});
