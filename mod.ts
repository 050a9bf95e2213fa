/**
 * The parts of a Discord library that are the same in every bot: the gateway, the HTTP API and their rate limits.
 *
 * @module
 */

export * from "./clock.ts";
export * from "./dispatcher.ts";
