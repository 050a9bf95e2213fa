// The bot of `page/client.ts` in a worker that may reach the loopback address and nothing else. Prints what it has seen.
import type { Told } from "./page/worker.ts";

const worker = new Worker(new URL("page/worker.ts", import.meta.url), {
  type: "module",
  deno: {
    permissions: { net: ["127.0.0.1"], env: false, read: false, write: false, run: false, sys: false },
  },
});
worker.onmessage = ({ data }: MessageEvent<Told>) => {
  console.log(JSON.stringify(data));
  worker.terminate();
};
worker.postMessage(Deno.args[0]);
