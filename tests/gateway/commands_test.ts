import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import {
  channelInfoCommand,
  checkPresence,
  presenceCommand,
  snowflake,
  soundboardCommands,
  voiceStateCommand,
} from "../../gateway/commands.ts";

const PRESENCE = { since: null, activities: [], status: "online", afk: false } as const;

/** Calls with arguments that the compiler would not let through. */
function call(target: (...args: never[]) => unknown, ...args: readonly unknown[]): () => unknown {
  return () => Reflect.apply(target, undefined, args);
}

Deno.test("snowflake takes strings of digits and bigints, and gives what is on the wire (ENV-3)", () => {
  assertEquals(snowflake("81384788765712384", "id"), "81384788765712384");
  assertEquals(snowflake(18446744073709551615n, "id"), "18446744073709551615");
  for (const id of ["", "x", "1.5", "-1", "0x1", "9".repeat(21), 81384788765712384, -1n, null, undefined]) {
    assertThrows(call(snowflake, id, "guildId"), TypeError, "guildId must be an id");
  }
});

Deno.test("checkPresence takes presences with all four keys (§4.1)", () => {
  checkPresence({ ...PRESENCE, activities: [] });
  checkPresence({ since: 1_760_000_000_000, activities: [{ name: "x", type: 4 }], status: "dnd", afk: true });
});

Deno.test("checkPresence says which key is wrong, and what is expected (§4.1)", () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [undefined, "{ since, activities, status, afk }"],
    [null, "{ since, activities, status, afk }"],
    ["online", "{ since, activities, status, afk }"],
    [{}, "since"],
    [{ ...PRESENCE, since: undefined }, "since"],
    [{ ...PRESENCE, since: NaN }, "since"],
    [{ ...PRESENCE, activities: undefined }, "activities"],
    [{ ...PRESENCE, activities: [{ name: "x" }] }, "activities"],
    [{ ...PRESENCE, activities: ["x"] }, "activities"],
    [{ ...PRESENCE, status: "away" }, "status"],
    [{ ...PRESENCE, status: undefined }, "status"],
    [{ ...PRESENCE, afk: undefined }, "afk"],
  ];
  for (const [presence, key] of wrong) assertThrows(call(checkPresence, presence), TypeError, key);
});

Deno.test("presenceCommand is a checked opcode 3", () => {
  assertEquals(presenceCommand({ ...PRESENCE, activities: [] }), { op: 3, d: PRESENCE });
  assertThrows(call(presenceCommand, {}), TypeError);
});

Deno.test("voiceStateCommand sends all four fields, and neither mutes nor deafens by default (§4.1, VS-1)", () => {
  assertEquals(voiceStateCommand("1", { channel_id: "2" }), {
    op: 4,
    d: { guild_id: "1", channel_id: "2", self_mute: false, self_deaf: false },
  });
  assertEquals(voiceStateCommand(1n, { channel_id: null, self_mute: true, self_deaf: true }), {
    op: 4,
    d: { guild_id: "1", channel_id: null, self_mute: true, self_deaf: true },
  });
});

Deno.test("voiceStateCommand says what is wrong", () => {
  assertThrows(call(voiceStateCommand, "x", { channel_id: null }), TypeError, "guildId");
  for (const state of [undefined, null, "2"]) {
    assertThrows(call(voiceStateCommand, "1", state), TypeError, "voice state");
  }
  for (const channel_id of [undefined, "general", 7]) {
    assertThrows(call(voiceStateCommand, "1", { channel_id }), TypeError, "channel_id");
  }
  assertThrows(call(voiceStateCommand, "1", { channel_id: null, self_mute: 1 }), TypeError, "self_mute");
  assertThrows(call(voiceStateCommand, "1", { channel_id: null, self_deaf: "no" }), TypeError, "self_deaf");
});

Deno.test("soundboardCommands splits to 4096 bytes and forgets no guild (SB-1, TX-6)", () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => String(10n ** 19n + BigInt(index)));
  const commands = soundboardCommands(ids);
  for (const command of commands) assertLessOrEqual(JSON.stringify(command).length, 4_096);
  assertEquals(commands.flatMap(({ d }) => (d as { guild_ids: string[] }).guild_ids), ids);
  assertEquals(commands.length, 6);
  assertEquals(soundboardCommands([]), []);
  assertEquals(soundboardCommands([7n]), [{ op: 31, d: { guild_ids: ["7"] } }]);
});

Deno.test("soundboardCommands says what is wrong", () => {
  assertThrows(call(soundboardCommands, "1"), TypeError, "array");
  assertThrows(call(soundboardCommands, ["1", "x"]), TypeError, '"x"');
});

Deno.test("channelInfoCommand asks for each field once (CI-1)", () => {
  assertEquals(channelInfoCommand("1", ["status", "voice_start_time", "status"]), {
    op: 43,
    d: { guild_id: "1", fields: ["status", "voice_start_time"] },
  });
});

Deno.test("channelInfoCommand says what is wrong", () => {
  assertThrows(call(channelInfoCommand, "x", ["status"]), TypeError, "guildId");
  for (const fields of [undefined, "status", []]) {
    assertThrows(call(channelInfoCommand, "1", fields), TypeError, "fields");
  }
  assertThrows(call(channelInfoCommand, "1", ["status", "topic"]), TypeError, '"topic"');
});
