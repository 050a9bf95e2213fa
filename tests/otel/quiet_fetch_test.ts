import { assert, assertEquals } from "@std/assert";
import { streamed } from "../../otel/quiet_fetch.ts";

Deno.test("streamed makes bodies that the runtime can't send twice, with their media type", async () => {
  const headers = { "Content-Type": "application/json" };
  const { body } = streamed({ method: "POST", headers, body: '{"content":"ä"}' });
  assert(body instanceof Blob);
  assertEquals([body.type, await body.text()], ["application/json", '{"content":"ä"}']);
  const bytes = streamed({ method: "PATCH", body: new Uint8Array([1, 2]) }).body;
  assert(bytes instanceof Blob);
  assertEquals(await bytes.bytes(), new Uint8Array([1, 2]));
  assert(streamed({ method: "POST" }).body instanceof Blob);
});

Deno.test("streamed leaves alone what needs nothing", () => {
  const stream = new ReadableStream();
  assertEquals(streamed({ method: "GET" }).body, undefined);
  assertEquals(streamed({ method: "PUT", body: stream }).body, stream);
});
