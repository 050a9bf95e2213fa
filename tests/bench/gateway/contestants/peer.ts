import { createRequire } from "node:module";

/** A package that the bench has installed into its own folder, in any runtime. */
export function peer(name: string): unknown {
  return createRequire(new URL("../../.peers/gateway/package.json", import.meta.url))(name);
}
