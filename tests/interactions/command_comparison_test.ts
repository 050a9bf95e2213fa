import { assertEquals } from "@std/assert";
import { isSameCommand } from "../../interactions/command_comparison.ts";

const registered = {
  id: "1",
  application_id: "2",
  version: "3",
  type: 1,
  name: "find",
  name_localizations: null,
  description: "Finds",
  description_localizations: { de: "Findet", fr: "Trouve" },
  default_member_permissions: "8",
  dm_permission: true,
  contexts: null,
  integration_types: [0],
  nsfw: false,
  options: [
    {
      type: 3,
      name: "what",
      description: "What",
      required: true,
      choices: [{ name: "one", value: "1" }, { name: "two", value: "2" }],
    },
    { type: 7, name: "where", description: "Where", channel_types: [0, 5] },
  ],
};
const wanted = {
  name: "find",
  description: "Finds",
  description_localizations: { fr: "Trouve", de: "Findet" },
  default_member_permissions: 8,
  options: [
    {
      type: 3,
      name: "what",
      description: "What",
      required: true,
      choices: [{ name: "one", value: "1" }, { name: "two", value: "2" }],
    },
    { type: 7, name: "where", description: "Where", channel_types: [5, 0] },
  ],
};
const [what, where] = wanted.options;

Deno.test("isSameCommand takes defaults, and what Discord adds, for no difference", () => {
  const same: object[] = [
    wanted,
    { ...wanted, type: 1, nsfw: null, name_localizations: {}, dm_permission: true, contexts: [1, 0, 2] },
    { ...wanted, description: " Finds ", default_member_permissions: "8" },
    { ...wanted, integration_types: [0], id: "77", version: "0" },
    { ...wanted, options: [{ ...what, autocomplete: false, min_length: null }, where] },
    { ...wanted, a_field_of_tomorrow: 5 },
  ];
  for (const command of same) {
    assertEquals(isSameCommand(command, registered, "global"), true, JSON.stringify(command));
  }
});

Deno.test("isSameCommand sees each difference that means something", () => {
  const different: object[] = [
    { ...wanted, name: "search" },
    { ...wanted, type: 2 },
    { ...wanted, description: "Seeks" },
    { ...wanted, name_localizations: { de: "finde" } },
    { ...wanted, description_localizations: { de: "Findet" } },
    { ...wanted, description_localizations: null },
    { ...wanted, default_member_permissions: null },
    { ...wanted, default_member_permissions: "0" },
    { ...wanted, default_member_permissions: "80" },
    { ...wanted, nsfw: true },
    { ...wanted, dm_permission: false },
    { ...wanted, contexts: [0] },
    { ...wanted, integration_types: [0, 1] },
    { ...wanted, options: null },
    { ...wanted, options: [what] },
    { ...wanted, options: [where, what] },
    { ...wanted, options: [{ ...what, required: false }, where] },
    { ...wanted, options: [{ ...what, type: 4 }, where] },
    { ...wanted, options: [{ ...what, autocomplete: true }, where] },
    { ...wanted, options: [{ ...what, min_length: 0 }, where] },
    { ...wanted, options: [{ ...what, choices: [] }, where] },
    { ...wanted, options: [{ ...what, choices: what?.choices?.toReversed() }, where] },
    {
      ...wanted,
      options: [{ ...what, choices: [{ name: "one", value: 1 }, { name: "two", value: "2" }] }, where],
    },
    { ...wanted, options: [what, { ...where, channel_types: [5] }] },
    { ...wanted, options: [what, { ...where, options: [what] }] },
  ];
  for (const command of different) {
    assertEquals(isSameCommand(command, registered, "global"), false, JSON.stringify(command));
  }
});

Deno.test("isSameCommand compares what it does not know, where Discord has it too (A18.3)", () => {
  const known = { ...registered, a_field_of_tomorrow: { list: [1, { deep: true }] } };
  assertEquals(
    isSameCommand({ ...wanted, a_field_of_tomorrow: { list: [1, { deep: true }] } }, known, "global"),
    true,
  );
  assertEquals(
    isSameCommand({ ...wanted, a_field_of_tomorrow: { list: [1, { deep: false }] } }, known, "global"),
    false,
  );
  assertEquals(isSameCommand({ ...wanted, a_field_of_tomorrow: undefined }, known, "global"), true);
});

Deno.test("isSameCommand takes the older dm_permission for what it means", () => {
  const guildOnly = { ...registered, contexts: [0], dm_permission: false };
  assertEquals(isSameCommand({ ...wanted, dm_permission: false }, guildOnly, "global"), true);
  assertEquals(isSameCommand({ ...wanted, contexts: [0] }, guildOnly, "global"), true);
  assertEquals(isSameCommand(wanted, guildOnly, "global"), false);
  assertEquals(isSameCommand(wanted, guildOnly, "guild"), true);
});

Deno.test("isSameCommand takes any answer, however odd, for another command", () => {
  const deep: { options: unknown[] } = { options: [] };
  let end = deep;
  for (let depth = 0; depth < 10_000; depth += 1) {
    const next = { options: [] };
    end.options.push(next);
    end = next;
  }
  for (
    const odd of [null, undefined, 5, "x", [], {}, { options: 5 }, { options: [null] }, { name: [] }, deep]
  ) {
    assertEquals(isSameCommand(wanted, odd, "global"), false);
  }
  const options = { ...registered, options: [registered.options[0], { ...registered.options[1], ...deep }] };
  assertEquals(isSameCommand(wanted, options, "global"), false);
});
