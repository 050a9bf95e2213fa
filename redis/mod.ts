/**
 * One bot on several machines, over Redis (or Valkey): shards, turns to identify, rate limits, events and commands are shared.
 *
 * {@linkcode GatewayNode} runs a share of the shards in each gateway process and writes what they receive into streams;
 * {@linkcode EventSource} gives it to the workers, by name, as a `ShardManager` does; {@linkcode ShardCommands} takes their
 * commands back to the shards. {@linkcode RedisReservations} and {@linkcode RedisGlobalRateLimiter} let their HTTP clients
 * count together. {@linkcode Fleet}, {@linkcode RedisIdentifyQueue} and {@linkcode RedisSessionStore} are the parts for a
 * program of one's own.
 *
 * All parts take `send`, one function that sends one command: any client will do. `redis/README.md` tells how to lay out
 * machines, what each part costs, and what happens in trouble.
 *
 * @module
 */
export { commandKey } from "./command_key.ts";
export { Fleet, type FleetEvents, type FleetOptions } from "./fleet.ts";
export { type FleetMoves, type FleetView, movesOf } from "./spread.ts";
export { GatewayNode, type GatewayNodeOptions } from "./gateway_node.ts";
export { LeaseLostError, RedisTimeoutError, ShardCommandError, type ShardCommandFailure } from "./errors.ts";
export { type EventOrigin, EventSource, type EventSourceEvents } from "./event_source.ts";
export type { EventSourceOptions } from "./event_source_options.ts";
export type { Lease } from "./lease.ts";
export type { PoisonEvent } from "./event_group.ts";
export { RedisGlobalRateLimiter, type RedisGlobalRateLimiterOptions } from "./redis_global_rate_limiter.ts";
export { RedisIdentifyQueue, type RedisIdentifyQueueOptions } from "./redis_identify_queue.ts";
export type { RedisOptions, RedisSend } from "./redis_link.ts";
export { RedisReservations, type RedisReservationsOptions } from "./redis_reservations.ts";
export { RedisSessionStore, type RedisSessionStoreOptions } from "./redis_session_store.ts";
export { type ShardCommandOptions, ShardCommands, type ShardCommandsOptions } from "./shard_commands.ts";
export type { ShardLag } from "./shard_lags.ts";
