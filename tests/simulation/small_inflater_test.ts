import { assertEquals, assertThrows } from "@std/assert";
import { Deflater } from "../../testing/deflater.ts";
import { Chance } from "./chance.ts";
import { SmallInflater } from "./small_inflater.ts";

Deno.test("SmallInflater gives back what a deflater took, over more than a window", () => {
  const chance = new Chance(1);
  const deflater = new Deflater();
  const inflater = new SmallInflater();
  for (let message = 0; message < 400; message += 1) {
    const text = `{"op":0,"d":"${"ä".repeat(chance.integer(0, 300))}${chance.next()}"}`.repeat(
      chance.integer(1, 5),
    );
    const bytes = deflater.deflate(new TextEncoder().encode(text));
    const cut = chance.integer(0, bytes.length - 5);
    const start = inflater.inflate(bytes.subarray(0, cut));
    assertEquals(start.length, 0);
    assertEquals(new TextDecoder().decode(inflater.inflate(bytes.subarray(cut))), text);
  }
});

Deno.test("SmallInflater refuses what is corrupt", () => {
  const mark = [0x00, 0x00, 0xff, 0xff];
  assertThrows(() => new SmallInflater().inflate(new Uint8Array([1, 2, 3, ...mark])), TypeError);
  const inflater = new SmallInflater();
  inflater.inflate(new Deflater().deflate(new TextEncoder().encode("{}")));
  assertThrows(() => inflater.inflate(new Uint8Array([0xfe, 0xde, 0xad, ...mark])), TypeError);
});
