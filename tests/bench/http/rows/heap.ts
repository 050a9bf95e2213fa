import { sleep, systemClock } from "../../../../clock.ts";
import type { Contestant } from "../contestants/contestant.ts";
import { channelId, type Row } from "../row.ts";

const CHANNELS = 6000;
/** Channels touched before the first look at the heap: code and pools have grown by then. */
const WARM_UP = 2000;
/** Requests after the idleness: whoever sweeps as it goes needs somewhere to go. */
const AFTERWARDS = 2000;
/** Nothing, as exactly as this can be measured: plain `fetch` shows as much. */
const NOISE_BYTES = 20;
const AT_ONCE = 20;
/** Never reached, so that nobody waits; what a client remembers of a channel is the same. */
const BUCKET = { kind: "fixed", limit: 1_000_000, windowMs: 1000 } as const;
const IDLE_MS = BUCKET.windowMs + 500;

/** What is left of a channel that was touched once. Clients that sweep by a timer are told to do so each second. */
export const heap: Row = {
  name: "heap",
  title: "Heap kept for a channel touched once, bytes",
  requestsPerSecond: 20_000,
  isForgetful: true,
  figures: [
    { name: `after ${IDLE_MS} ms` },
    { name: `and ${AFTERWARDS} other requests`, target: NOISE_BYTES },
  ],
  rules: (seed) => ({ seed, bucket: BUCKET }),
  async run({ contestant }) {
    await touch(contestant, WARM_UP, (index) => channelId(index));
    await rest(contestant);
    const before = await heapUsed();
    await touch(contestant, CHANNELS, (index) => channelId(WARM_UP + index));
    await sleep(systemClock, IDLE_MS);
    const idle = await heapUsed();
    await rest(contestant);
    const rested = await heapUsed();
    return {
      [`after ${IDLE_MS} ms`]: (idle - before) / CHANNELS,
      [`and ${AFTERWARDS} other requests`]: (rested - before) / CHANNELS,
    };
  },
};

async function rest(contestant: Contestant): Promise<void> {
  await sleep(systemClock, IDLE_MS);
  await touch(contestant, AFTERWARDS, () => channelId(0));
  await sleep(systemClock, IDLE_MS);
}

function touch(contestant: Contestant, count: number, idOf: (index: number) => string): Promise<void> {
  return many(count, (index) =>
    contestant.request({
      method: "GET",
      template: "/channels/{channel_id}",
      parameters: { channel_id: idOf(index) },
    }));
}

async function many(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function heapUsed(): Promise<number> {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc !== "function") throw new Error("Run it with --v8-flags=--expose-gc");
  for (let turn = 0; turn < 4; turn++) {
    gc();
    await sleep(systemClock, 20);
  }
  return Deno.memoryUsage().heapUsed;
}
