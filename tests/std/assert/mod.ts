/**
 * A stand-in of our own for `@std/assert`: the functions that tests and examples use, with the same names, parameters
 * and meaning, so that they run where JSR cannot be reached. The same tests also run on the real one.
 *
 * Where the two differ, this one is stricter: `0` and `-0`, and objects with and without a prototype, are not equal.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";

/** A class, abstract or not, whatever its constructor takes. */
export type Constructor<Instance> = abstract new (...args: never[]) => Instance;

/** What counts as false for {@linkcode assertFalse}. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** A failed assertion. */
export class AssertionError extends Error {
  /** Takes what was expected, and what was found. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws when `expr` is truthy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Throws always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Throws always: for a place that a test never reaches. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}

/** Whether two values are deeply equal. */
export function equal(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/** Throws unless the two values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    const difference = error instanceof Error ? error.message : String(error);
    throw new AssertionError(`Values are not equal${suffix(msg)}\n${difference}`);
  }
}

/** Throws when the two values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!isDeepStrictEqual(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}${suffix(msg)}`,
  );
}

/** Throws unless the two are the same value, as `Object.is` has it. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw new AssertionError(
    `Values are not strictly equal${suffix(msg)}\n  actual: ${inspect(actual)}\n  expected: ${
      inspect(expected)
    }`,
  );
}

/** Throws when the two are the same value, as `Object.is` has it. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(`Expected "actual" not to be strictly equal to: ${inspect(actual)}${suffix(msg)}`);
}

/** Throws when the value is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(`Expected actual: "${actual}" not to be null or undefined${suffix(msg)}`);
}

/** Throws unless the value is an instance of the class. */
export function assertInstanceOf<T extends Constructor<unknown>>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${typeName(actual)}"${suffix(msg)}`,
  );
}

/** Throws when the value is an instance of the class. */
export function assertNotInstanceOf<A, T>(
  actual: A,
  unexpectedType: Constructor<T>,
  msg?: string,
): asserts actual is Exclude<A, T> {
  if (!(actual instanceof unexpectedType)) return;
  throw new AssertionError(`Expected object not to be an instance of "${unexpectedType.name}"${suffix(msg)}`);
}

/** Throws unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`);
}

/** Throws when the text matches. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(`Expected actual: "${actual}" not to match: "${expected}"${suffix(msg)}`);
}

/** Throws unless the text contains the other. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(`Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`);
}

/** Throws unless every value of `expected` is deeply equal to some value of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T> & object,
  expected: ArrayLike<T> & object,
  msg?: string,
): void {
  const values = Array.from(actual);
  const missing = Array.from(expected).filter((item) =>
    !values.some((value) => isDeepStrictEqual(item, value))
  );
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} to include: ${inspect(expected)}${suffix(msg)}\nmissing: ${
      inspect(missing)
    }`,
  );
}

/** Throws unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) {
    throw new AssertionError(msg ?? `Expect ${inspect(actual)} > ${inspect(expected)}`);
  }
}

/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) {
    throw new AssertionError(msg ?? `Expect ${inspect(actual)} >= ${inspect(expected)}`);
  }
}

/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) {
    throw new AssertionError(msg ?? `Expect ${inspect(actual)} < ${inspect(expected)}`);
  }
}

/** Throws unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) {
    throw new AssertionError(msg ?? `Expect ${inspect(actual)} <= ${inspect(expected)}`);
  }
}

/** Throws unless the two numbers are at most `tolerance` apart; by default a ten millionth of `expected`. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const limit = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= limit) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater than "${limit}"${
      suffix(msg)
    }`,
  );
}

/** Throws unless `actual` has all that `expected` has, at every depth; it may have more. */
export function assertObjectMatch(
  actual: object,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (isMatch(actual, expected)) return;
  throw new AssertionError(
    `Object does not match${suffix(msg)}\n  actual: ${inspect(actual)}\n  expected: ${inspect(expected)}`,
  );
}

/** Throws unless `error` is an error of the class, whose message includes or matches what is given. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: Constructor<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected "error" to be an Error object${suffix(msg)}`);
  }
  if (ErrorClass !== undefined && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${typeName(error)}"${suffix(msg)}`,
      { cause: error },
    );
  }
  if (msgMatches === undefined) return;
  const isMatching = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches.test(error.message);
  if (isMatching) return;
  throw new AssertionError(
    `Expected error message to include ${inspect(msgMatches)}, but got ${inspect(error.message)}${
      suffix(msg)
    }`,
  );
}

/** Throws unless the function throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless the function throws an error of the class whose message includes the text; returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: Constructor<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const note = typeof classOrMsg === "string" ? classOrMsg : msg;
  try {
    fn();
  } catch (error) {
    return checkThrown(error, classOrMsg, msgIncludes, note);
  }
  throw new AssertionError(`Expected function to throw${suffix(note)}`);
}

/** Rejects unless the function returns a promise that rejects; resolves to what it rejected with. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Rejects unless the function's promise rejects with an error of the class whose message includes the text. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: Constructor<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const note = typeof classOrMsg === "string" ? classOrMsg : msg;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(`Function throws when expected to reject${suffix(note)}`, { cause: error });
  }
  if (typeof promise?.then !== "function") {
    throw new AssertionError(`Function throws when expected to reject${suffix(note)}`);
  }
  try {
    await promise;
  } catch (error) {
    return checkThrown(error, classOrMsg, msgIncludes, note);
  }
  throw new AssertionError(`Expected function to reject${suffix(note)}`);
}

function checkThrown(
  error: unknown,
  classOrMsg: Constructor<Error> | string | undefined,
  msgIncludes: string | undefined,
  note: string | undefined,
): unknown {
  if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, note);
  return error;
}

function isMatch(actual: unknown, expected: unknown): boolean {
  if (typeof actual !== "object" || actual === null || typeof expected !== "object" || expected === null) {
    return Object.is(actual, expected);
  }
  if (expected instanceof Date || expected instanceof RegExp || ArrayBuffer.isView(expected)) {
    return isDeepStrictEqual(actual, expected);
  }
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && actual.length >= expected.length &&
      expected.every((value, index) => isMatch(actual[index], value));
  }
  if (expected instanceof Set) {
    return actual instanceof Set && [...expected].every((value) => actual.has(value));
  }
  if (expected instanceof Map) {
    return actual instanceof Map &&
      [...expected].every(([key, value]) => actual.has(key) && isMatch(actual.get(key), value));
  }
  return Reflect.ownKeys(expected).every((key) =>
    Object.hasOwn(actual, key) && isMatch(Reflect.get(actual, key), Reflect.get(expected, key))
  );
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? value.constructor?.name ?? "Object" : typeof value;
}

function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}
