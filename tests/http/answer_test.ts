import { assertEquals, assertThrows } from "@std/assert";
import {
  BufferedResponse,
  isEdgeRefusal,
  parseBody,
  readText,
  unreadySearch,
  verdictOf,
} from "../../http/answer.ts";

const LIMITED = { "X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "3" };

function verdict(headers: Record<string, string>, body: unknown, repetition = 0) {
  return verdictOf(new Response(null, { headers }), body, repetition);
}

function limit(scope: string, retryAfterMs: number, isSublimit = false): unknown {
  return { type: "limit", refusal: { scope, retryAfterMs, isSublimit } };
}

Deno.test("verdictOf tells each case of a 429 (A8, C11)", () => {
  const body = { message: "", retry_after: 1.5, global: false };
  assertEquals(verdict({ ...LIMITED, "X-RateLimit-Scope": "user" }, body), limit("user", 1500));
  assertEquals(verdict({ ...LIMITED, "X-RateLimit-Remaining": "2" }, body), limit("user", 1500, true));
  assertEquals(
    verdict({ ...LIMITED, "X-RateLimit-Scope": "shared", "X-RateLimit-Remaining": "2" }, body),
    limit("shared", 1500),
  );
  assertEquals(verdict({ "X-RateLimit-Scope": "global" }, body), limit("global", 1500));
  assertEquals(verdict({ "X-RateLimit-Global": "true" }, body), limit("global", 1500));
  assertEquals(verdict({}, { ...body, global: true }), limit("global", 1500));
  assertEquals(verdict({}, body), limit("user", 1500), "the body alone");
  assertEquals(verdict({ "X-RateLimit-Scope": "odd" }, body), limit("user", 1500), "an unknown scope");
});

Deno.test("verdictOf waits as the body says, unless the header says longer (A8.1, C11)", () => {
  const rows: readonly (readonly [header: string | undefined, body: unknown, waitMs: number])[] = [
    ["2", 1.5, 1500],
    ["2", 1, 1000],
    ["1163", 1, 1_163_000],
    ["1", 1163, 1_163_000],
    ["3", 0, 3000],
    ["3", -1, 3000],
    ["3", NaN, 3000],
    ["3", Infinity, 3000],
    ["3", Number.MAX_VALUE, 3000],
    ["9".repeat(308), 2, 2000],
    ["3", "5", 3000],
    ["3", null, 3000],
    ["x", 2, 2000],
    ["-5", 2, 2000],
    [undefined, 2, 2000],
  ];
  for (const [header, retry_after, waitMs] of rows) {
    const headers = { "X-RateLimit-Scope": "user", ...header === undefined ? {} : { "Retry-After": header } };
    assertEquals(verdict(headers, { retry_after }), limit("user", waitMs), `${header} ${retry_after}`);
  }
});

Deno.test("verdictOf falls back to the reset, then doubles a second, and never waits 0 (A8.1, A8.4)", () => {
  assertEquals(verdict(LIMITED, "garbage"), limit("user", 3000));
  const scope = { "X-RateLimit-Scope": "user", "Retry-After": "0" };
  assertEquals([0, 1, 2, 9].map((times) => verdict(scope, { retry_after: 0 }, times)), [
    limit("user", 1000),
    limit("user", 2000),
    limit("user", 4000),
    limit("user", 60_000),
  ]);
});

Deno.test("verdictOf knows the edge by what is missing, whatever proxies add (A9.2, A9.3, C12)", () => {
  const edge = (retryAfterMs?: number): unknown => ({ type: "edge", retryAfterMs });
  assertEquals(verdict({}, "<html>"), edge());
  assertEquals(verdict({ "Retry-After": "60" }, "error code: 1015"), edge(60_000));
  assertEquals(verdict({ Via: "1.1 google" }, { code: 0, message: "You are being blocked" }), edge());
  assertEquals(verdict({}, undefined), edge());
  assertEquals(verdict({}, { retry_after: 1, global: false }), limit("user", 1000), "no Via, but Discord's");
});

Deno.test("isEdgeRefusal tells a 403 of the edge from one of Discord (A9.3)", () => {
  const html = new Response(null, { headers: { "Content-Type": "text/html; charset=UTF-8" } });
  const plain = new Response(null);
  assertEquals([isEdgeRefusal(html, ""), isEdgeRefusal(plain, " <!DOCTYPE html>")], [true, true]);
  assertEquals(isEdgeRefusal(plain, "error code: 1020"), true);
  assertEquals(isEdgeRefusal(plain, '{"message":"Missing Access","code":50001}'), false);
  assertEquals(isEdgeRefusal(plain, '{"message":"error code: 1015"}'), false);
});

Deno.test("readText keeps at most 64 KiB and lets go of the rest (A12.5)", async () => {
  let cancelled = false;
  const chunk = new TextEncoder().encode("x".repeat(10_000));
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(chunk),
    cancel: () => {
      cancelled = true;
    },
  });
  assertEquals((await readText(new Response(endless))).length, 65_536);
  assertEquals(cancelled, true);
});

Deno.test("readText takes a body that breaks off for one that ends there (A12.5)", async () => {
  const broken = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode("half"));
    },
    pull: (controller) => controller.error(new Error("cut")),
  });
  assertEquals(await readText(new Response(broken)), "half");
  assertEquals(await readText(new Response(null)), "");
});

Deno.test("readText stops at a signal", async () => {
  const stop = new AbortController();
  const text = readText(new Response(new ReadableStream()), stop.signal);
  stop.abort();
  assertEquals(await text, "");
});

Deno.test("parseBody gives JSON, else the text, else nothing (A11.3)", () => {
  assertEquals([parseBody('{"a":1}'), parseBody("<html>"), parseBody("")], [{ a: 1 }, "<html>", undefined]);
});

Deno.test("unreadySearch tells an index that is being made from a result (A11.1)", () => {
  const bytes = (value: unknown): ArrayBuffer => new TextEncoder().encode(JSON.stringify(value)).buffer;
  assertEquals(unreadySearch(bytes({ code: 110_000, documents_indexed: 7, retry_after: 2 })), {
    retryAfterMs: 2000,
    documentsIndexed: 7,
  });
  for (const retry_after of [0, -1, "x", null, undefined]) {
    assertEquals(unreadySearch(bytes({ code: 110_000, retry_after }))?.retryAfterMs, 1000);
  }
  for (const value of [{ code: 1 }, [], null, "x", { messages: [] }]) {
    assertEquals(unreadySearch(bytes(value)), undefined);
  }
  assertEquals(unreadySearch(new ArrayBuffer(0)), undefined);
});

Deno.test("readText waits for no stream to end that it has read enough of (A12.5)", async () => {
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(40_000).fill(120)),
    cancel: () => new Promise(() => {}),
  });
  assertEquals((await readText(new Response(endless))).length, 64 * 1024);
});

Deno.test("BufferedResponse is cloned only before somebody reads it, as any Response is", async () => {
  const bytes = new TextEncoder().encode("{}").buffer;
  const read = new BufferedResponse(new Response(), bytes, null);
  await read.text();
  const locked = new BufferedResponse(new Response(), bytes, null);
  const reader = locked.body?.getReader();
  for (const answer of [read, locked]) assertThrows(() => answer.clone(), TypeError, "Cannot clone");
  await reader?.cancel();
});
