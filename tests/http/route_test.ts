import { assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Route } from "../../http/mod.ts";

const MESSAGES = "/channels/{channel_id}/messages";
const DAY_MS = 86_400_000;

/** A route as JavaScript may make it: nobody has checked anything. */
function untyped(method: string, template: string, parameters?: Record<string, unknown>): Route {
  return Reflect.construct(Route, [method, template, parameters]);
}

/** The id of something made at a time (A4.1). */
function idAt(wallMs: number): string {
  return String((BigInt(wallMs) - 1_420_070_400_000n) << 22n);
}

Deno.test("Route fills in strings and bigints, also of 20 digits (A3.1, A3.3)", () => {
  const id = "18446744073709551615";
  assertEquals(new Route("GET", MESSAGES, { channel_id: id }).path, `/channels/${id}/messages`);
  assertEquals(
    new Route("GET", MESSAGES, { channel_id: 18446744073709551615n }).path,
    `/channels/${id}/messages`,
  );
  assertEquals(new Route("GET", "/users/@me").path, "/users/@me");
});

Deno.test("Route encodes what would change the path (A3.1, C19)", () => {
  for (const value of ["a/b", "a?b", "a#b", "a%2Fb", "a b", "a\\b", "é", "a:1"]) {
    const { path } = new Route("GET", "/channels/{channel_id}/x", { channel_id: value });
    assertEquals(path.split("/").length, 4, value);
    assertEquals(new URL(`https://discord.com${path}`).pathname, path, value);
    assertEquals(decodeURIComponent(path.split("/")[2] ?? ""), value);
  }
});

Deno.test("Route encodes emoji: plain, keycaps and custom ones (A3.2)", () => {
  for (const emoji of ["👍", "1️⃣", "🏳️‍🌈", "blob:123456789012345678"]) {
    const template = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me";
    const { path } = new Route("PUT", template, { channel_id: "1", message_id: "2", emoji_name: emoji });
    assertEquals(decodeURIComponent(path.split("/")[6] ?? ""), emoji);
  }
});

Deno.test("Route refuses values that are no part of a path, and says which (A3.1, A3.3)", () => {
  const bad: readonly unknown[] = [
    undefined,
    null,
    "",
    ".",
    "..",
    1,
    NaN,
    2 ** 53,
    true,
    {},
    [],
    -1n,
    "\ud800",
  ];
  for (const value of bad) {
    assertThrows(() => untyped("GET", MESSAGES, { channel_id: value }), TypeError, "{channel_id}");
  }
  assertThrows(() => untyped("GET", MESSAGES), TypeError, "got nothing");
  assertThrows(() => untyped("GET", MESSAGES, { channel_id: 1 }), TypeError, "digits");
  assertThrows(() => untyped("GET", MESSAGES, { channel_id: "1", guild_id: "2" }), TypeError, "guild_id");
  // Names that objects have by themselves are no parameters.
  assertThrows(() => untyped("GET", "/x/{toString}", {}), TypeError);
});

Deno.test("Route refuses templates that are no paths", () => {
  const bad = [
    "",
    "users",
    "https://discord.com/users",
    "/users/?a=1",
    "/users#a",
    "/a/../b",
    "/a//b",
    "/a b",
    "/{}",
    "/{a",
  ];
  for (const template of bad) {
    assertThrows(() => untyped("GET", template), TypeError, "Cannot create a route");
  }
  assertThrows(() => untyped("get", "/users/@me"), TypeError, "unknown method");
  assertThrows(() => Reflect.construct(Route, ["GET", undefined]), TypeError);
});

Deno.test("Route takes only the first pair of segments as the resource of its limits (A6.2)", () => {
  assertEquals(new Route("GET", MESSAGES, { channel_id: "1" }).majorKey, "channels/1");
  assertEquals(new Route("GET", "/guilds/{guild_id}", { guild_id: "1" }).majorKey, "guilds/1");
  assertEquals(new Route("GET", "/webhooks/{webhook_id}", { webhook_id: "1" }).majorKey, "webhooks/1");
  assertEquals(new Route("DELETE", "/users/@me/guilds/{guild_id}", { guild_id: "1" }).majorKey, "");
  const commands = "/applications/{application_id}/guilds/{guild_id}/commands";
  assertEquals(new Route("GET", commands, { application_id: "1", guild_id: "2" }).majorKey, "");
  assertEquals(new Route("GET", "/gateway").majorKey, "");
});

Deno.test("Route counts webhooks by their token, and never shows it in a key (A6.7, B2.1, C18)", () => {
  const token = "aW50ZXJhY3Rpb2-secret_of_a_webhook_0123456789";
  const template = "/webhooks/{webhook_id}/{webhook_token}";
  const one = new Route("POST", template, { webhook_id: "1", webhook_token: token });
  const other = new Route("POST", template, { webhook_id: "1", webhook_token: `${token}x` });
  assertNotEquals(one.majorKey, other.majorKey);
  assertEquals(one.hasToken, true);
  for (const shown of [one.majorKey, one.keyAt(0), JSON.stringify(one), Deno.inspect(one, { depth: 9 })]) {
    assertEquals(shown.includes(token), false);
  }
});

Deno.test("Route counts follow-ups by the interaction that their token names (A6.7, A7.2)", () => {
  const token = btoa("interaction:1234567890:secret");
  const template = "/webhooks/{application_id}/{interaction_token}/messages/@original";
  const route = new Route("PATCH", template, { application_id: "1", interaction_token: token });
  assertEquals(route.majorKey, "webhooks/1/1234567890");
  assertEquals(route.ignoreGlobal, true);
});

Deno.test("Route knows what the global limit exempts, and lets the caller say (A7.2)", () => {
  const callback = "/interactions/{interaction_id}/{interaction_token}/callback";
  const route = new Route("POST", callback, { interaction_id: "1", interaction_token: "x" });
  assertEquals([route.isInteractionCallback, route.ignoreGlobal, route.majorKey], [true, true, ""]);
  assertEquals(new Route("GET", "/gateway").ignoreGlobal, false);
  assertEquals(new Route("GET", "/gateway", {}, { ignoreGlobal: true }).ignoreGlobal, true);
  const execute = "/webhooks/{webhook_id}/{webhook_token}";
  assertEquals(new Route("POST", execute, { webhook_id: "1", webhook_token: "x" }).ignoreGlobal, false);
});

Deno.test("Route refuses a token that is written into the template", () => {
  const token = "a_secret_of_a_webhook_0123456789";
  const error = assertThrows(() => untyped("POST", `/webhooks/1/${token}`), TypeError, "holds a token");
  assertEquals(String(error).includes(token), false);
});

Deno.test("Route tells deletions apart by the age of the message (A6.10, B2.2)", () => {
  const wallNow = 1_767_225_600_000;
  const template = "/channels/{channel_id}/messages/{message_id}";
  const keyOf = (method: "DELETE" | "PATCH", message_id: string): string =>
    new Route(method, template, { channel_id: "1", message_id }).keyAt(wallNow);
  const keys = [9000, 11_000, 13 * DAY_MS, 15 * DAY_MS].map((age) => keyOf("DELETE", idAt(wallNow - age)));
  assertStringIncludes(keys[0] ?? "", "young");
  assertEquals(keys[1], keys[2]);
  assertStringIncludes(keys[3] ?? "", "old");
  assertEquals(keyOf("PATCH", idAt(wallNow - 9000)), keyOf("PATCH", idAt(wallNow - 15 * DAY_MS)));
  assertEquals(keyOf("DELETE", "unknown"), `DELETE ${template}`);
});

Deno.test("Route takes the token of a webhook or an interaction for one, whatever it is called (A2.7, A6.7)", () => {
  const token = "a_secret_of_a_webhook_0123456789";
  const webhook = new Route("POST", "/webhooks/{id}/{token}/slack", { id: "1", token });
  const other = new Route("POST", "/webhooks/{id}/{token}/slack", { id: "1", token: `${token}x` });
  assertEquals([webhook.secrets, webhook.hasToken], [[token], true]);
  assertNotEquals(webhook.majorKey, other.majorKey);
  const callback = new Route("POST", "/interactions/{id}/{token}/callback", { id: "1", token });
  assertEquals([callback.secrets, callback.isInteractionCallback], [[token], true]);
  assertEquals(new Route("GET", "/webhooks/{webhook_id}", { webhook_id: "1" }).secrets, []);
});

Deno.test("Route names what is wrong in its own words, and quotes no token in them", () => {
  const token = "a_secret_of_a_webhook_0123456789";
  for (const path of [`/api/v10/webhooks/1/${token}?wait=true`, `/api/webhooks/1/${token}`]) {
    const error = assertThrows(() => untyped("POST", path), TypeError, "holds a token");
    assertEquals(String(error).includes(token), false);
  }
  for (const method of [1n, null, { toJSON: () => 1n }, "get"]) {
    assertThrows(() => Reflect.construct(Route, [method, "/gateway"]), TypeError, "unknown method");
  }
  const options = { ignoreGlobal: "yes" };
  assertThrows(() => Reflect.construct(Route, ["GET", "/gateway", {}, options]), TypeError, "ignoreGlobal");
});
