import { kindOf, shown } from "./shown.ts";

/** Milliseconds of an option that must not be negative. */
export function checkedMs(name: string, value: unknown): number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} is ${shown(value)}, it must be a number of milliseconds`);
  }
  if (value >= 0) return value;
  throw new RangeError(`${name} is ${value}, it must be a number of milliseconds from 0 on`);
}

/** Milliseconds of an option that must leave time for something. */
export function checkedTimeMs(name: string, value: unknown): number {
  const ms = checkedMs(name, value);
  if (ms > 0) return ms;
  throw new RangeError(`${name} is 0, it must be above 0: use Infinity for as long as it takes`);
}

/** How often or how many: an integer, or `Infinity`. */
export function checkedCount(name: string, value: unknown, least = 0): number {
  if (typeof value !== "number") throw new TypeError(`${name} is ${shown(value)}, it must be a number`);
  if (value >= least && (Number.isInteger(value) || value === Infinity)) return value;
  throw new RangeError(`${name} is ${value}, it must be an integer from ${least} on, or Infinity`);
}

/** Throws a `TypeError` unless it is an object that is no list. */
export function checkObject(name: string, value: unknown, example: string): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new TypeError(`${name} must be an object such as ${example}, got ${kindOf(value)}`);
}

/** Throws a `TypeError` unless it is left out or of a type. */
export function checkType(
  name: string,
  value: unknown,
  type: "boolean" | "function" | "string",
  advice = "",
): void {
  if (value === undefined || typeof value === type) return;
  const hint = advice === "" ? "" : `: ${advice}`;
  throw new TypeError(`${name} must be a ${type}, got ${kindOf(value)}${hint}`);
}

/** Throws a `TypeError` unless it is a list. */
export function checkList(name: string, value: unknown, example: string): void {
  if (!Array.isArray(value)) {
    throw new TypeError(`${name} must be a list such as ${example}, got ${kindOf(value)}`);
  }
}

/** Throws a `TypeError` unless it is a clock. */
export function checkClock(clock: unknown): void {
  checkFunctions("clock", clock, ["now", "wallNow", "setTimeout"], "systemClock");
}

/** Throws a `TypeError` unless it is an object with these functions. */
export function checkFunctions(
  name: string,
  value: unknown,
  functions: readonly string[],
  example = `one with ${functions.join(", ")}`,
): void {
  checkObject(name, value, example);
  for (const one of functions) {
    if (typeof Reflect.get(value, one) === "function") continue;
    throw new TypeError(`${name} has no function ${one}, it must be an object such as ${example}`);
  }
}

/** Throws a `TypeError` unless it is a signal. */
export function checkSignal(signal: unknown): void {
  const isSignal = typeof signal === "object" && signal !== null && "aborted" in signal &&
    typeof signal.aborted === "boolean" && "addEventListener" in signal &&
    typeof signal.addEventListener === "function";
  if (isSignal) return;
  throw new TypeError(
    `signal must be an AbortSignal such as AbortSignal.timeout(5000), got ${kindOf(signal)}`,
  );
}
