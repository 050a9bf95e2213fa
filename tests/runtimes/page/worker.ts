// The bot of `client.ts` in a worker: it is told where, and tells what it has seen.
import { play, type Played } from "./client.ts";

/** What the worker tells. */
export type Told = { readonly played: Played } | { readonly failure: string };

/** A page's types lack it; those of a window's own want a second argument. */
const tell: (told: Told) => void = Reflect.get(globalThis, "postMessage").bind(globalThis);

addEventListener("message", (event) => {
  play(Reflect.get(event, "data"), () => {}).then(
    (played) => tell({ played }),
    (error: Error) => tell({ failure: String(error.stack) }),
  );
});
