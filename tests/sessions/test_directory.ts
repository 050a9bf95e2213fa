import { fileURLToPath } from "node:url";

/** The only folder that tests may write to. */
const folder = new URL("../.tmp/", import.meta.url);

/** Whether tests may write files here. */
export const mayWrite: boolean =
  (await Deno.permissions.query({ name: "write", path: folder })).state === "granted" &&
  (await Deno.permissions.query({ name: "read", path: folder })).state === "granted";

/** Why a test is skipped, for its name. */
export const reason: string = mayWrite
  ? ""
  : " (skipped: needs permission to write to tests/.tmp, use deno test -P)";

/** A directory of a test's own. */
export interface TestDirectory extends AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  /** The names of what is in it, sorted. */
  names(): Promise<string[]>;
}

/** Makes an empty directory, which is removed when it is disposed of. */
export async function createTestDirectory(): Promise<TestDirectory> {
  await Deno.mkdir(folder, { recursive: true });
  const path = await Deno.makeTempDir({ dir: fileURLToPath(folder) });
  return {
    path,
    async names() {
      return (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).toSorted();
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}
