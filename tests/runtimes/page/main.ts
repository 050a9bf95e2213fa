// The page's own script: the bot of `client.ts` here, and in a worker.
import { play, type Played } from "./client.ts";
import type { Told } from "./worker.ts";

/** What both have seen, and what the page shows then. */
export interface Outcome {
  readonly page: Played;
  readonly worker: Played;
  readonly shown: string;
}

/** Plays in both places. */
export async function run(): Promise<Outcome> {
  const shown: string[] = [];
  const page = await play(location.origin, (text) => {
    shown.push(text);
    Reflect.get(globalThis, "document").body.append(text);
  });
  const worker = await inWorker(new Worker(new URL("worker.js", import.meta.url), { type: "module" }));
  return { page, worker, shown: Reflect.get(globalThis, "document").body.textContent };
}

function inWorker(worker: Worker): Promise<Played> {
  const { promise, resolve, reject } = Promise.withResolvers<Played>();
  worker.onmessage = ({ data }: MessageEvent<Told>) => {
    if ("played" in data) resolve(data.played);
    else reject(new Error(data.failure));
  };
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage(location.origin);
  return promise;
}

Object.assign(globalThis, { outcome: run() });
