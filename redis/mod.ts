/**
 * One bot on several machines, over Redis (or Valkey): shards, turns to identify, rate limits, events and commands are shared.
 *
 * {@linkcode GatewayNode} runs a share of the shards in each gateway process and writes what they receive into streams;
 * {@linkcode EventSource} gives it to the workers, by name, as a `ShardManager` does. {@linkcode Fleet} is the part that
 * says who runs which shard, for a program of one's own.
 *
 * All parts take `send`, one function that sends one command: any client will do.
 *
 * @module
 */
export { Fleet, type FleetEvents, type FleetOptions } from "./fleet.ts";
export { type FleetMoves, type FleetView, movesOf } from "./spread.ts";
export { GatewayNode, type GatewayNodeOptions } from "./gateway_node.ts";
export { LeaseLostError, RedisTimeoutError, ShardCommandError, type ShardCommandFailure } from "./errors.ts";
export {
  type EventOrigin,
  EventSource,
  type EventSourceEvents,
  type EventSourceOptions,
} from "./event_source.ts";
export type { Lease } from "./lease.ts";
export type { PoisonEvent } from "./event_group.ts";
export { RedisIdentifyQueue, type RedisIdentifyQueueOptions } from "./redis_identify_queue.ts";
export type { RedisOptions, RedisSend } from "./redis_link.ts";
export type { ShardLag } from "./shard_lags.ts";
