import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { EventNames } from "../../gateway/event_names.ts";

const encoder = new TextEncoder();

Deno.test("EventNames tells names apart that have one hash, in memory that is used again", () => {
  const names = new EventNames();
  const memory = Buffer.alloc(16);
  for (const name of ["TYPING_START", "RESUMED_LATE", "TYPING_START", "READY"]) {
    const { written } = encoder.encodeInto(name, memory.subarray(2));
    assertEquals(names.inBytes(memory, 2, 2 + written, 7), name);
  }
});

Deno.test("EventNames gives a piece of a text as a name", () => {
  const names = new EventNames();
  for (let time = 0; time < 2; time += 1) assertEquals(names.inText("{READY}".slice(1, -1)), "READY");
});

Deno.test("EventNames still reads names when it keeps no more of them", () => {
  const names = new EventNames();
  for (let number = 0; number < 600; number += 1) {
    const bytes = encoder.encode(`NAME_${number}`);
    assertEquals(names.inBytes(bytes, 0, bytes.length, number), `NAME_${number}`);
    assertEquals(names.inText(`NAME_${number}`), `NAME_${number}`);
  }
});
