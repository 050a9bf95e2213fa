/** Where the key of a command is that we send, where it is not the first word. */
const PLACES: Readonly<Record<string, number>> = { EVAL: 3, EVALSHA: 3, XGROUP: 2, XINFO: 2 };

/**
 * The key of a command that the room has sent; all keys of one are in the same slot.
 *
 * For clients of Redis Cluster that have to be told, as npm's `redis`:
 *
 * @example
 * ```ts
 * import { commandKey, type RedisSend } from "@nextsnake/nextcore/redis";
 *
 * // What `createCluster` of npm's `redis` gives.
 * interface Cluster {
 *   sendCommand(key: string, isReadonly: boolean, command: string[]): Promise<unknown>;
 * }
 *
 * export const sendTo = (cluster: Cluster): RedisSend => (command) =>
 *   cluster.sendCommand(commandKey(command), false, command.map(String));
 * ```
 */
export function commandKey(command: readonly (string | Uint8Array)[]): string {
  const name = String(command[0]).toUpperCase();
  const place = name === "XREADGROUP" ? command.indexOf("STREAMS") + 1 : PLACES[name] ?? 1;
  return String(command[place] ?? "");
}
