import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkIntents, Intents, privilegedIntents } from "../../gateway/intents.ts";

/** §14, row by row. */
const BITS: readonly (readonly [bit: number, name: keyof typeof Intents])[] = [
  [0, "Guilds"],
  [1, "GuildMembers"],
  [2, "GuildModeration"],
  [3, "GuildExpressions"],
  [4, "GuildIntegrations"],
  [5, "GuildWebhooks"],
  [6, "GuildInvites"],
  [7, "GuildVoiceStates"],
  [8, "GuildPresences"],
  [9, "GuildMessages"],
  [10, "GuildMessageReactions"],
  [11, "GuildMessageTyping"],
  [12, "DirectMessages"],
  [13, "DirectMessageReactions"],
  [14, "DirectMessageTyping"],
  [15, "MessageContent"],
  [16, "GuildScheduledEvents"],
  [20, "AutoModerationConfiguration"],
  [21, "AutoModerationExecution"],
  [24, "GuildMessagePolls"],
  [25, "DirectMessagePolls"],
];

Deno.test("Intents has each bit of Discord's list, and no other (§14)", () => {
  assertEquals({ ...Intents }, Object.fromEntries(BITS.map(([bit, name]) => [name, 2 ** bit])));
});

Deno.test("privilegedIntents are members, presences and message content (§14)", () => {
  const all = BITS.reduce((sum, [bit]) => sum + 2 ** bit, 0);
  assertEquals(privilegedIntents(all), ["GuildMembers", "GuildPresences", "MessageContent"]);
  assertEquals(privilegedIntents(Intents.Guilds | Intents.GuildPresences), ["GuildPresences"]);
  assertEquals(privilegedIntents(0), []);
});

Deno.test("checkIntents takes none, each and all of the known bits (ID-10)", () => {
  checkIntents(0);
  for (const [bit] of BITS) checkIntents(2 ** bit);
  checkIntents(BITS.reduce((sum, [bit]) => sum + 2 ** bit, 0));
});

Deno.test("checkIntents refuses every bit that is not in the list, by its number (§14)", () => {
  const known = new Set(BITS.map(([bit]) => bit));
  for (let bit = 0; bit < 53; bit += 1) {
    if (known.has(bit)) continue;
    const error = assertThrows(() => checkIntents(2 ** bit + Intents.Guilds), RangeError);
    assert(error.message.includes(`(${bit})`), `${bit}: ${error.message}`);
  }
});

Deno.test("checkIntents names all unknown bits at once", () => {
  const intents = 2 ** 17 + 2 ** 30 + 2 ** 31 + 2 ** 40 + Intents.GuildMessages;
  assertThrows(() => checkIntents(intents), RangeError, "(17, 30, 31, 40)");
});

Deno.test("checkIntents refuses what is not a non-negative safe integer", () => {
  for (const intents of [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 53, Number.MIN_VALUE]) {
    assertThrows(() => checkIntents(intents), TypeError, String(intents));
  }
});

Deno.test("checkIntents refuses other types, also from plain JavaScript", () => {
  for (const intents of ["513", 513n, null, undefined, [513], { valueOf: () => 513 }]) {
    assertThrows(() => Reflect.apply(checkIntents, undefined, [intents]), TypeError, "Intents must be");
  }
});
