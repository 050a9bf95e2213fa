import type { CreateContestant } from "./contestants/contestant.ts";
import { discordeno } from "./contestants/discordeno.ts";
import { discordjs } from "./contestants/discordjs.ts";
import { eris } from "./contestants/eris.ts";
import { createFloor } from "./contestants/floor.ts";
import { createNextcore } from "./contestants/nextcore.ts";
import { oceanic } from "./contestants/oceanic.ts";
import { createSeyfert } from "./contestants/seyfert.ts";

/** Who can be compared, by name; what stands after a plus is the mode, where it is not what the package comes with. */
export const CONTESTANTS: Readonly<Record<string, CreateContestant>> = {
  "floor": createFloor,
  "nextcore": createNextcore,
  "@discordjs/ws": discordjs("ZlibNative"),
  "@discordjs/ws+zlib-sync": discordjs("ZlibSync"),
  "@discordeno/gateway": discordeno("zlib-stream"),
  "@discordeno/gateway+uncompressed": discordeno(null),
  "oceanic.js": oceanic("native"),
  "oceanic.js+zlib-sync": oceanic("zlib-sync"),
  "seyfert+uncompressed": createSeyfert,
  "eris+pako": eris("pako"),
  "eris+zlib-sync": eris("zlib-sync"),
};
