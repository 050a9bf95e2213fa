import { assertEquals, assertRejects } from "@std/assert";
import { IdentifyLine } from "../../gateway/identify_line.ts";

const never = new AbortController().signal;

Deno.test("IdentifyLine has the lowest shard first, and of the same shard who asked first (ID-4)", async () => {
  const line = new IdentifyLine();
  const served: string[] = [];
  const waits = [2, 0, 1, 0].map((shardId, index) =>
    line.wait(shardId, never, () => {}).then(() => served.push(`${shardId} asked ${index}`))
  );
  assertEquals(line.shardIds, [0, 0, 1, 2]);
  line.serve(7); // Nobody's.
  for (const shardId of line.shardIds) line.serve(shardId);
  await Promise.all(waits);
  assertEquals(served, ["0 asked 1", "0 asked 3", "1 asked 2", "2 asked 0"]);
  assertEquals(line.shardIds, []);
});

Deno.test("IdentifyLine lets go of who leaves, says so, and says nothing once they are served (ID-8)", async () => {
  const line = new IdentifyLine();
  const [one, other] = [new AbortController(), new AbortController()];
  let left = 0;
  const waits = [one, other].map(({ signal }, shardId) => line.wait(shardId, signal, () => left += 1));
  one.abort(new Error("enough"));
  await assertRejects(async () => await waits[0], Error, "enough");
  line.serve(1);
  other.abort();
  await waits[1];
  assertEquals([left, line.shardIds], [1, []]);
  await assertRejects(
    () => line.wait(0, AbortSignal.abort(new Error("before")), () => left += 1),
    Error,
    "before",
  );
  assertEquals(left, 1);
});
