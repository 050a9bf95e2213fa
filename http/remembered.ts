/** The entry of a map that keeps its entries in the order of their use, made where it is missing. */
export function remembered<Value>(
  map: Map<string, Value>,
  key: string,
  limit: number,
  make: () => Value,
): Value {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
  return value;
}

/** Looks at the entries unused for longest, at most `steps` of them, and forgets those that can go. */
export function sweep<Value>(
  map: Map<string, Value>,
  steps: number,
  limit: number,
  stateOf: (value: Value) => "busy" | "idle" | "fresh",
): void {
  let left = Math.min(steps, map.size);
  for (const [key, value] of map) {
    if (left-- <= 0) return;
    const state = stateOf(value);
    map.delete(key);
    if (state === "busy" || (state === "idle" && map.size < limit)) map.set(key, value);
  }
}
