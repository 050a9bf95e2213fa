import { assert, assertEquals, assertFalse, assertNotEquals, assertThrows } from "@std/assert";
import { BasicAuthentication, BearerAuthentication, BotAuthentication } from "../../http/mod.ts";

const TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";
const SECRET = TOKEN.slice(-20);

Deno.test("BotAuthentication authorises as a bot and counts by its id (A2.2, B2.3)", () => {
  const authentication = new BotAuthentication(TOKEN);
  assertEquals(authentication.headers, { Authorization: `Bot ${TOKEN}` });
  assertEquals(authentication.rateLimitKey, "198622483471925248");
  assertEquals(authentication.token, TOKEN);
});

Deno.test("BotAuthentication has a key without the token where that names no id (B2.3)", () => {
  const { rateLimitKey } = new BotAuthentication("not-one-of-discords");
  assertFalse(rateLimitKey.includes("not-one"));
  assertNotEquals(rateLimitKey, new BotAuthentication("another").rateLimitKey);
});

Deno.test("BearerAuthentication authorises as a user, each grant counted apart (A2.2)", () => {
  const one = new BearerAuthentication("grant-of-one-user");
  assertEquals(one.headers, { Authorization: "Bearer grant-of-one-user" });
  assertNotEquals(one.rateLimitKey, new BearerAuthentication("grant-of-another").rateLimitKey);
  assertFalse(one.rateLimitKey.includes("grant"));
});

Deno.test("BasicAuthentication authorises an application (A2.2)", () => {
  const one = new BasicAuthentication("1234", "geheim-é");
  assertEquals(one.headers, { Authorization: `Basic ${btoa("1234:geheim-Ã©")}` });
  assertEquals(one.rateLimitKey, "client:1234");
  assertThrows(() => new BasicAuthentication("", "x"), TypeError, "id");
  assertThrows(() => new BasicAuthentication("12:34", "x"), TypeError, "id");
  assertThrows(() => new BasicAuthentication("1234", ""), TypeError, "secret");
});

Deno.test("Authentications refuse what can be no token, and do not repeat it", () => {
  const bad: readonly unknown[] = [
    undefined,
    null,
    1,
    {},
    "",
    " ",
    "a b",
    "a\n",
    "\ttoken",
    "täken",
    "a\u0000b",
  ];
  for (const Class of [BotAuthentication, BearerAuthentication]) {
    for (const token of bad) {
      const error = assertThrows(() => Reflect.construct(Class, [token]), TypeError, "token");
      if (typeof token === "string" && token.length > 2) assertFalse(String(error).includes(token));
    }
  }
  const error = assertThrows(() => new BotAuthentication(`Bot ${TOKEN}`), TypeError, "without");
  assertFalse(String(error).includes(SECRET));
});

Deno.test("Authentications never show their token when they are printed (C18)", () => {
  for (
    const one of [
      new BotAuthentication(TOKEN),
      new BearerAuthentication(TOKEN),
      new BasicAuthentication("1", TOKEN),
    ]
  ) {
    for (
      const shown of [Deno.inspect(one, { depth: 9, showHidden: true }), JSON.stringify(one), String(one)]
    ) {
      assertFalse(shown.includes(SECRET), shown);
    }
    assert(Object.values({ ...one }).every((value) => !String(value).includes(SECRET)));
  }
});
