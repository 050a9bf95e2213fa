import type { CreateContestant } from "./contestants/contestant.ts";
import { discordeno } from "./contestants/discordeno.ts";
import { discordjs } from "./contestants/discordjs.ts";
import { createEris } from "./contestants/eris.ts";
import { createFloor } from "./contestants/floor.ts";
import { createNextcore } from "./contestants/nextcore.ts";
import { oceanic } from "./contestants/oceanic.ts";
import { createSeyfert } from "./contestants/seyfert.ts";

/** Who can be compared, by name. */
export const CONTESTANTS: Readonly<Record<string, CreateContestant>> = {
  "floor": createFloor,
  "nextcore": createNextcore,
  "@discordjs/ws": discordjs("ZlibSync"),
  "@discordjs/ws:native": discordjs("ZlibNative"),
  "@discordeno/gateway": discordeno("zlib-stream"),
  "@discordeno/gateway:none": discordeno(null),
  "oceanic.js": oceanic("zlib-sync"),
  "oceanic.js:native": oceanic("native"),
  "seyfert": createSeyfert,
  "eris": createEris,
};
