import { kindOf } from "../http/shown.ts";

/** More characters than any of Discord's templates has. */
const MAX_LENGTH = 120;

/**
 * A template as a label: with few values, and without ids or tokens.
 *
 * Templates have names in braces where ids and tokens go. Where somebody has written those into the template itself,
 * they are left out here.
 */
export function routeLabel(template: string): string {
  if (typeof template !== "string") {
    throw new TypeError(`A template must be a string, got ${kindOf(template)}`);
  }
  const segments = (template.split("?", 1)[0] ?? "").split("/").map((segment) => {
    if (/^\d+$/.test(segment)) return "{id}";
    return /^(?:\{\w+\}|@?[a-z][a-z0-9_.-]{0,30})?$/.test(segment) ? segment : "{other}";
  });
  return segments.join("/").slice(0, MAX_LENGTH);
}
