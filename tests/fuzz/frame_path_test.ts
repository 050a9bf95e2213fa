import { assert, assertEquals } from "@std/assert";
import { encoderFor } from "../../testing/frame_encoder.ts";
import { fuzz } from "./frame_path.ts";

/** `deno task fuzz` takes as many as wanted. */
const SEEDS = 500;

Deno.test("The frame path ends without a crash or a hang, whatever comes (SM-18, Z-6, ENV-1)", async () => {
  let inputs = 0;
  for (let seed = 0; seed < SEEDS; seed += 1) inputs += await fuzz(seed);
  assert(inputs > 10 * SEEDS, `${inputs} inputs`);
});

Deno.test("The streams that are damaged are real ones", () => {
  const [frame] = encoderFor("zlib-stream").encode("{}");
  assertEquals(frame instanceof Uint8Array && [...frame.subarray(-4)], [0, 0, 255, 255]);
});
