/**
 * What bot authors test against: a Discord of one's own, and time that a test moves by hand.
 *
 * @module
 */

export { settle, VirtualClock } from "./virtual_clock.ts";
export type { RunUntilOptions, VirtualClockOptions } from "./virtual_clock.ts";
