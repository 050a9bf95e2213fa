import type { Contestant, ContestantOptions } from "./contestants/contestant.ts";
import { createDiscordeno } from "./contestants/discordeno.ts";
import { createDiscordjs } from "./contestants/discordjs.ts";
import { createNextcore } from "./contestants/nextcore.ts";
import { createRawFetch } from "./contestants/raw_fetch.ts";

/** Who sends everything at once, and again. */
export const STORM = "raw fetch";

/** Who is compared, by name; this library first. */
export const CONTESTANTS: Readonly<
  Record<string, (options: ContestantOptions) => Contestant | Promise<Contestant>>
> = {
  "nextcore": createNextcore,
  "@discordjs/rest": createDiscordjs,
  "@discordeno/rest": createDiscordeno,
  [STORM]: createRawFetch,
};
