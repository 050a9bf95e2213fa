/** Longer texts are cut. */
const MAX_LENGTH = 40;

/** A value as it stands in a message: a text in quotes, so that `"2"` and `2` differ. Not for what may be a secret. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value);
  }
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}

/** What kind of value it is, without the value: for what may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  const type = typeof value;
  return type === "object" ? "an object" : `a ${type === "string" ? "text" : type}`;
}
