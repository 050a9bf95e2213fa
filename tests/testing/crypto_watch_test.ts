import { assertEquals } from "@std/assert";
import { VirtualClock, watchCrypto } from "../../testing/mod.ts";

Deno.test("watchCrypto keeps virtual time still while WebCrypto works", async () => {
  const before = crypto.subtle.digest;
  {
    using watch = watchCrypto();
    const clock = new VirtualClock({ settle: watch.settle });
    const history: string[] = [];
    clock.setTimeout(() => history.push("timer"), 1);
    for (let count = 0; count < 20; count += 1) {
      crypto.subtle.digest("SHA-512", new Uint8Array(1_000_000)).then(() => history.push("digest"));
    }
    await clock.advance(1);
    assertEquals(history, [...Array(20).fill("digest"), "timer"]);
  }
  assertEquals(crypto.subtle.digest, before);
});

Deno.test("watchCrypto hands on what WebCrypto rejects with", async () => {
  using watch = watchCrypto();
  const failure = await crypto.subtle.digest("no such thing", new Uint8Array()).catch((error) => error.name);
  assertEquals(failure, "NotSupportedError");
  await watch.settle();
});
