// What Discord sends and takes, against the list of names and numbers that others keep.
import { assertEquals } from "@std/assert";
import {
  GatewayCloseCodes,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  GatewayIntentBits,
  GatewayOpcodes,
} from "discord-api-types/v10";
import type { DispatcherEvents } from "../../dispatcher.ts";
import { CHANNEL_OBFUSCATED } from "../../gateway/channel_flags.ts";
import { GatewayCloseCode } from "../../gateway/close_codes.ts";
import type { GatewayEvents } from "../../gateway/events.ts";
import { Intents } from "../../gateway/intents.ts";
import { GatewayOpcode } from "../../gateway/payload.ts";

const source = new URL("../../gateway/events.ts", import.meta.url);
const mayRead = (await Deno.permissions.query({ name: "read", path: source })).state === "granted";
const reason = mayRead ? "" : " (skipped: needs permission to read the source)";

Deno.test({
  name: `GatewayEvents names every event that there is, and no other (§22)${reason}`,
  ignore: !mayRead,
  fn: async () => {
    const names = (await Deno.readTextFile(source)).matchAll(/^ {2}([A-Z_]+): \w+;$/gm);
    assertEquals(
      [...names].map(([, name]) => name).toSorted(),
      Object.values(GatewayDispatchEvents).toSorted(),
    );
  },
});

type Names = Exclude<keyof GatewayEvents, keyof DispatcherEvents>;
type TheirNames = `${GatewayDispatchEvents}`;
/** The compiler names here what is missing. */
const MISSING_NAMES: Readonly<Record<Exclude<TheirNames, Names>, never>> = {};
const SURPLUS_NAMES: Readonly<Record<Exclude<Names, TheirNames>, never>> = {};

type Theirs<Name> = Extract<GatewayDispatchPayload, { t: Name }>["d"];
type Fields<Payload> = Payload extends unknown ? keyof Payload : never;
/** Fields that are deprecated, or that bots have no use for. */
type Spared =
  | "avatar_decoration"
  | "channel_type"
  | "collectibles"
  | "discoverable_disabled"
  | "hub_type"
  | "member"
  | "primary_guild"
  | "region"
  | "shared_client_theme";
type MissingFields<Name extends Names> = Exclude<Fields<Theirs<Name>>, Fields<GatewayEvents[Name]> | Spared>;
/** The compiler names here the events that lack a field. */
const MISSING_FIELDS: Readonly<
  { [Name in Names as MissingFields<Name> extends never ? never : Name]: never }
> = {};

Deno.test("GatewayEvents lacks no name and no field, as the compiler sees it (§22)", () => {
  assertEquals([MISSING_NAMES, SURPLUS_NAMES, MISSING_FIELDS], [{}, {}, {}]);
});

Deno.test("GatewayOpcode has Discord's opcodes (§4)", () => {
  assertEquals({ ...GatewayOpcode }, numbersOf(GatewayOpcodes));
});

Deno.test("Intents has Discord's bits under today's names (§14)", () => {
  const { GuildBans, GuildEmojisAndStickers, ...theirs } = numbersOf(GatewayIntentBits);
  assertEquals({ ...Intents }, theirs);
  assertEquals([GuildBans, GuildEmojisAndStickers], [Intents.GuildModeration, Intents.GuildExpressions]);
});

Deno.test("GatewayCloseCode has Discord's codes, and one that is not documented (§8)", () => {
  const { SessionNoLongerValid, ...ours } = GatewayCloseCode;
  assertEquals(SessionNoLongerValid, 4006);
  assertEquals(Object.values(ours), Object.values(numbersOf(GatewayCloseCodes)));
});

Deno.test("CHANNEL_OBFUSCATED is a flag that can be tested (§21)", () => {
  assertEquals([CHANNEL_OBFUSCATED, (CHANNEL_OBFUSCATED | 1) & CHANNEL_OBFUSCATED], [1 << 17, 1 << 17]);
});

/** The compiler names here what is wrong: `true` only where the two types are the same. */
type Same<One, Other> = [One] extends [Other] ? [Other] extends [One] ? true : never : never;
type Presence = GatewayEvents["PRESENCE_UPDATE"];
type Required<Type> = keyof { [Key in keyof Type as undefined extends Type[Key] ? never : Key]: never };

Deno.test("GatewayEvents promises no more of loosely typed payloads than Discord does (ENV-4)", () => {
  const promises: [
    Same<Required<Presence>, "user">,
    Same<Required<Presence["user"]>, "id">,
    Same<NonNullable<GatewayEvents["VOICE_CHANNEL_EFFECT_SEND"]["sound_id"]>, string | number>,
    Same<GatewayEvents["VOICE_SERVER_UPDATE"]["endpoint"], string | null>,
  ] = [true, true, true, true];
  const least: Presence = { user: { id: "1" } };
  assertEquals([promises.length, Object.keys(least)], [4, ["user"]]);
});

type Guild = GatewayEvents["GUILD_CREATE"];

Deno.test("GatewayEvents lets a guild be read as it is, and tells one that can't be reached (GL-2)", () => {
  const nameOf = (guild: Guild): string => guild.unavailable === true ? guild.id : guild.name;
  const promises: [
    Same<Guild["name"], string>,
    Same<Guild["unavailable"], boolean | undefined>,
    Same<Required<GatewayEvents["GUILD_DELETE"]>, "id">,
    Same<Required<GatewayEvents["READY"]["guilds"][number]>, "id">,
  ] = [true, true, true, true];
  assertEquals([typeof nameOf, promises.length], ["function", 4]);
});

Deno.test("GatewayEvents promises of a deleted thread, and of members, what Discord sends of them (§22)", () => {
  const promises: [
    Same<keyof GatewayEvents["THREAD_DELETE"], "id" | "guild_id" | "parent_id" | "type">,
    Same<GatewayEvents["GUILD_MEMBER_UPDATE"]["avatar"], string | null>,
    Same<GatewayEvents["GUILD_MEMBER_UPDATE"]["joined_at"], string | null>,
    Same<NonNullable<GatewayEvents["GUILD_MEMBERS_CHUNK"]["presences"]>[number], Presence>,
    Same<Required<Pick<GatewayEvents["INVITE_CREATE"], "target_type">>, never>,
    Same<GatewayEvents["CHANNEL_CREATE"]["application_id"], string | null | undefined>,
  ] = [true, true, true, true, true, true];
  assertEquals(promises.length, 6);
});

/** The members of an enum, without the names that it has for its numbers. */
function numbersOf(members: Readonly<Record<string, string | number>>): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(members)) if (typeof value === "number") numbers[name] = value;
  return numbers;
}
