import { isRecord } from "./interaction_payload.ts";

/** Makes two values that mean the same equal. */
type Reading = (value: unknown) => unknown;

/** Where a command is registered: some fields mean something in one place only. */
export type CommandScope = "global" | "guild";

const CHAT_INPUT = 1;
/** Everywhere: what `contexts` means where it is left out. */
const ALL_CONTEXTS = [0, 1, 2];
/** In guilds only: what the older `dm_permission: false` means. */
const GUILD_CONTEXTS = [0];

/** How the fields of commands and options are read: defaults filled in, order left out where it means nothing. */
const READINGS: Readonly<Record<string, Reading>> = {
  type: (value) => value ?? CHAT_INPUT,
  name: trimmed,
  description: (value) => trimmed(value ?? ""),
  name_localizations: localizations,
  description_localizations: localizations,
  default_member_permissions: permissions,
  nsfw: flag,
  required: flag,
  autocomplete: flag,
  channel_types: numbers,
  choices: list,
  min_value: nullable,
  max_value: nullable,
  min_length: nullable,
  max_length: nullable,
};
/** The same for what can be chosen: its value is taken as it is. */
const CHOICE_READINGS: Readonly<Record<string, Reading>> = {
  name: trimmed,
  name_localizations: localizations,
  value: (value) => value,
};
/** Discord adds these, or compares them elsewhere. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "id",
  "application_id",
  "guild_id",
  "version",
  "name_localized",
  "description_localized",
  "options",
  "choices",
  "contexts",
  "dm_permission",
  "integration_types",
  "handler",
]);
/** Left out, their default is up to the application: they are compared where they are given, or where that is known. */
const DEFAULTED_BY_DISCORD = ["integration_types", "handler"];

/** Of these, what commands get that leave them out; what is not known is missing. */
export type CommandDefaults = Readonly<Record<string, unknown>>;

/** What tells the commands of an application apart: their type and name. */
export function commandKey({ type, name }: { readonly type?: unknown; readonly name?: unknown }): string {
  return `${type ?? CHAT_INPUT} ${name}`;
}

/**
 * Whether Discord has the command as it is wanted.
 *
 * The order of options and choices counts, since people see it. What Discord adds by itself does not; a field that is
 * not known here counts where Discord has it as well.
 */
export function isSameCommand(
  wanted: object,
  registered: unknown,
  scope: CommandScope,
  defaults: CommandDefaults = {},
): boolean {
  if (!isRecord(registered)) return false;
  const given: Readonly<Record<string, unknown>> = { ...wanted };
  if (!hasSameFields(given, registered, READINGS) || !hasSameOptions(given.options, registered.options)) {
    return false;
  }
  if (scope === "guild") return true;
  if (!isEqual(contextsOf(given), contextsOf(registered))) return false;
  return DEFAULTED_BY_DISCORD.every((field) => {
    // Where Discord does not tell, it would differ for ever.
    const value = given[field] ?? (Array.isArray(registered[field]) ? defaults[field] : undefined);
    return value === undefined || isEqual(sorted(value), sorted(registered[field]));
  });
}

function hasSameOptions(wanted: unknown, registered: unknown): boolean {
  return isSameList(
    wanted,
    registered,
    (option, other) =>
      hasSameFields(option, other, READINGS) && hasSameChoices(option.choices, other.choices) &&
      hasSameOptions(option.options, other.options),
  );
}

function hasSameChoices(wanted: unknown, registered: unknown): boolean {
  return isSameList(wanted, registered, (choice, other) => hasSameFields(choice, other, CHOICE_READINGS));
}

/** Walks along what is wanted: as deep as that is, however deep the answer. */
function isSameList(
  wanted: unknown,
  registered: unknown,
  isSame: (one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>) => boolean,
): boolean {
  const [ours, theirs] = [wanted ?? [], registered ?? []];
  if (!Array.isArray(ours) || !Array.isArray(theirs) || ours.length !== theirs.length) return false;
  return ours.every((one: unknown, index) => {
    const other: unknown = theirs[index];
    return isRecord(one) && isRecord(other) && isSame(one, other);
  });
}

function hasSameFields(
  wanted: Readonly<Record<string, unknown>>,
  registered: Readonly<Record<string, unknown>>,
  readings: Readonly<Record<string, Reading>>,
): boolean {
  const isKnownSame = Object.entries(readings).every(([field, read]) =>
    OWN_FIELDS.has(field) || isEqual(read(wanted[field]), read(registered[field]))
  );
  return isKnownSame && Object.entries(wanted).every(([field, value]) => {
    const isUnknown = !OWN_FIELDS.has(field) && readings[field] === undefined;
    return !isUnknown || value === undefined || !(field in registered) || isEqual(value, registered[field]);
  });
}

function contextsOf({ contexts, dm_permission }: Readonly<Record<string, unknown>>): unknown {
  if (contexts !== null && contexts !== undefined) return sorted(contexts);
  return dm_permission === false ? GUILD_CONTEXTS : ALL_CONTEXTS;
}

function trimmed(value: unknown): unknown {
  return typeof value === "string" ? value.trim() : value;
}

function flag(value: unknown): unknown {
  return value ?? false;
}

function nullable(value: unknown): unknown {
  return value ?? null;
}

function list(value: unknown): unknown {
  return value ?? [];
}

function numbers(value: unknown): unknown {
  return sorted(value ?? []);
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...new Set(value)].sort((one, other) => Number(one) - Number(other)) : value;
}

/** Permission bits as text, however they were given. */
function permissions(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  return typeof value === "number" || typeof value === "string"
    ? String(value).trim().replace(/^0+(?=\d)/, "")
    : value;
}

function localizations(value: unknown): unknown {
  if (!isRecord(value)) return null;
  const given = Object.entries(value).filter(([, text]) => text !== null && text !== undefined)
    .map(([locale, text]) => [locale, trimmed(text)]);
  return given.length === 0 ? null : Object.fromEntries(given);
}

/** Deeper than anything that Discord has. */
const MAX_DEPTH = 16;

function isEqual(one: unknown, other: unknown, depth = 0): boolean {
  if (Object.is(one, other) || one === other) return true;
  if (
    depth > MAX_DEPTH || typeof one !== "object" || typeof other !== "object" || one === null ||
    other === null
  ) {
    return false;
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const ours = new Map(Object.entries(one).filter(([, value]) => value !== undefined));
  const theirs = new Map(Object.entries(other));
  return ours.size === theirs.size &&
    [...ours].every(([key, value]) => theirs.has(key) && isEqual(value, theirs.get(key), depth + 1));
}
