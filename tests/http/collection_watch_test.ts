// What is idle goes when the engine looks for memory. Runs in a process of its own, where it can be told to look.
import { assertEquals } from "@std/assert";

const isAllowed = (await Deno.permissions.query({ name: "run", command: "deno" })).state === "granted";
const reason = isAllowed ? "" : " (skipped: needs permission to run deno, use deno test -P)";

const PROGRAM = `
  import { RateLimitStorage } from ${JSON.stringify(import.meta.resolve("../../http/mod.ts"))};

  let now = 0;
  const clock = { now: () => now, wallNow: () => now, setTimeout: () => ({ [Symbol.dispose]() {} }) };
  let storage = new RateLimitStorage({ clock });
  const headers = { bucket: "h", limit: 5, remaining: 4, resetAfterMs: 5000, resetAt: undefined };
  const buckets = [];
  function touch(id) {
    const turn = { routeKey: "GET /x", majorKey: "channels/" + id, rank: 0, sequence: id, bodyKeys: undefined };
    const permit = storage.tryEnter(turn);
    permit.send();
    permit.settle({ headers, isSuccess: true });
    buckets.push(new WeakRef(permit.from));
  }
  async function kept() {
    for (let time = 0; time < 4; time++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return buckets.filter((bucket) => bucket.deref() !== undefined).length;
  }
  for (let id = 0; id < 500; id++) touch(id);
  const counts = [await kept()];
  now = 5001;
  counts.push(await kept());
  now = 5002;
  counts.push(await kept());
  // And nothing of this keeps the storage.
  const weak = new WeakRef(storage);
  touch(1);
  storage = undefined;
  await kept();
  console.log(JSON.stringify([...counts, weak.deref() === undefined]));
`;

Deno.test({
  name:
    "CollectionWatch lets idle buckets go with the garbage, without a request or a timer (B9.1, B10.1, C16)" +
    reason,
  ignore: !isAllowed,
  async fn() {
    const args = ["eval", "--v8-flags=--expose-gc", "--no-lock", PROGRAM];
    const { stdout, stderr } = await new Deno.Command("deno", { args }).output();
    const text = new TextDecoder().decode(stdout).trim();
    // The first one was given another name when its answer came.
    assertEquals(text, "[499,499,0,true]", new TextDecoder().decode(stderr));
  },
});
