/** What is needed of a stream of `node:zlib`. */
export interface NodeZlibStream {
  /** What it has failed with. */
  readonly errored?: unknown;
  on(event: string, listener: (value?: unknown) => void): unknown;
  write(bytes: Uint8Array, callback: (error?: unknown) => void): unknown;
  read(): unknown;
  destroy(): unknown;
}

/** The inflating half of `node:zlib`; old versions lack a part of it. */
export interface NodeZlib {
  readonly createInflate?: (options?: NodeZlibOptions) => NodeZlibStream;
  readonly createZstdDecompress?: (options?: NodeZlibOptions) => NodeZlibStream;
}

/** How a stream is made. */
export interface NodeZlibOptions {
  readonly chunkSize?: number;
}

/** An inflater that `node:zlib` may have. */
export type NodeInflaterKind = keyof NodeZlib;

/** Makes a stream of `node:zlib`. Throws a `TypeError` where the runtime has no such inflater. */
export function createNodeStream(kind: NodeInflaterKind, options?: NodeZlibOptions): NodeZlibStream {
  const create = nodeZlib()?.[kind];
  if (create === undefined) throw new TypeError(`This runtime has no ${kind} of node:zlib`);
  return create(options);
}

/** Whether this runtime has an inflater in `node:zlib`. */
export function hasNodeInflater(kind: NodeInflaterKind): boolean {
  return typeof nodeZlib()?.[kind] === "function";
}

/** Whether this is Node itself, not a runtime that has its modules. */
export function isNode(): boolean {
  const versions = globalProcess()?.versions ?? {};
  return "node" in versions && !("deno" in versions) && !("bun" in versions);
}

/**
 * Whether corrupt zstd ends the process: in Deno 2.9 the stream of `node:zlib` throws past all handlers when the fault
 * comes after more output than one of its chunks holds.
 */
export function isZstdDeadly(): boolean {
  return "deno" in (globalProcess()?.versions ?? {});
}

interface NodeProcess {
  readonly versions?: object;
  readonly getBuiltinModule?: (name: string) => unknown;
}

/** The one place that asks for something which not every runtime has. No import: a bundle for browsers stays whole. */
function globalProcess(): NodeProcess | undefined {
  const found: unknown = Reflect.get(globalThis, "process");
  return typeof found === "object" && found !== null ? found : undefined;
}

/** The runtime's `node:zlib`, where it has one: the same object each time. */
export function nodeZlib(): NodeZlib | undefined {
  const found = globalProcess()?.getBuiltinModule?.("node:zlib");
  return typeof found === "object" && found !== null ? found : undefined;
}
