/**
 * A flag of a channel that the bot can't view: its name and other fields are not the real ones.
 *
 * From November 2026 on, Discord sends such channels over the gateway. Look at the flag, never at the name.
 *
 * @example
 * ```ts
 * import { CHANNEL_OBFUSCATED, type DiscordChannel } from "@nextsnake/nextcore";
 *
 * function isHidden({ flags = 0 }: Partial<DiscordChannel>): boolean {
 *   return (flags & CHANNEL_OBFUSCATED) !== 0;
 * }
 * console.log(isHidden({ flags: CHANNEL_OBFUSCATED })); // true
 * ```
 */
export const CHANNEL_OBFUSCATED: number = 1 << 17;
