import { assertEquals, assertInstanceOf, assertMatch, assertNotEquals } from "@std/assert";
import { digestOf, Redaction, secretsInForm, secretsOf } from "../../http/secrets.ts";

Deno.test("digestOf names a secret, always alike, without showing it (B2.1)", () => {
  assertEquals(digestOf("a-secret"), digestOf("a-secret"));
  assertMatch(digestOf("a-secret"), /^[0-9a-f]{16}$/);
  const digests = new Set(Array.from({ length: 20_000 }, (_, index) => digestOf(`secret-${index}`)));
  assertEquals(digests.size, 20_000);
  assertNotEquals(digestOf("ab"), digestOf("ba"));
});

Deno.test("Redaction takes secrets out of texts, also encoded ones (C18)", () => {
  const redaction = new Redaction(["to/ken", "abc"]);
  assertEquals(
    redaction.text("GET https://x/to%2Fken and to/ken"),
    "GET https://x/[redacted] and [redacted]",
  );
  assertEquals(redaction.text("abc"), "abc", "a word this short is no secret");
});

Deno.test("Redaction keeps what an error says, and not what it must not (C18)", () => {
  const cause = new TypeError("refused for Bot secret-token");
  const shown = new Redaction(["secret-token"]).error(new Error("https://x/secret-token", { cause }));
  assertInstanceOf(shown, Error);
  assertEquals(Deno.inspect(shown, { depth: 9 }).includes("secret-token"), false);
  assertInstanceOf(shown.cause, Error);
  assertEquals(shown.cause.name, "TypeError");
  assertEquals(new Redaction(["secret"]).error("a secret"), "a [redacted]");
  assertEquals(new Redaction(["secret"]).error({ secret: "secret" }), undefined);
});

Deno.test("Redaction ends where causes go in circles", () => {
  const error = new Error("round");
  error.cause = error;
  assertInstanceOf(new Redaction([]).error(error), Error);
});

Deno.test("secretsOf knows the client secret in Basic credentials, whatever it is made of (A2.2, C18)", () => {
  const bytes = new TextEncoder().encode("123:clé:secret");
  const credentials = btoa(String.fromCharCode(...bytes));
  const secrets = secretsOf(`Basic ${credentials}`);
  assertEquals(secrets, [`Basic ${credentials}`, credentials, "123:clé:secret", "clé:secret"]);
  assertEquals(secretsOf("Bot a.b.c"), ["Bot a.b.c", "a.b.c"]);
  assertEquals(secretsOf("Basic ***"), ["Basic ***", "***"]);
});

Deno.test("secretsInForm finds what lets others act in an OAuth2 form (A2.4, C18)", () => {
  const form = new URLSearchParams({ client_id: "1", client_secret: "s", code: "c", grant_type: "x" });
  assertEquals(secretsInForm(form), ["s", "c"]);
});
