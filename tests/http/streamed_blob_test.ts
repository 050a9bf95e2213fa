import { assertEquals } from "@std/assert";
import { streamedBlob } from "../../http/streamed_blob.ts";

Deno.test("streamedBlob is read as a Blob of the same content would be", async () => {
  for (const content of ["", "text with ü", new Uint8Array([1, 2, 3]), new Uint8Array()]) {
    const expected = new Blob([content], { type: "text/plain" });
    const blob = streamedBlob(content, "text/plain");
    assertEquals([blob.size, blob.type], [expected.size, expected.type]);
    for (const time of ["once", "again"]) {
      assertEquals(await new Response(blob).bytes(), await expected.bytes(), time);
    }
    assertEquals(
      new Request("http://x", { method: "POST", body: blob }).headers.get("content-type"),
      "text/plain",
    );
  }
});
