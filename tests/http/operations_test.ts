// The types of the operations are held against operations.json, which make_operations.ts takes from Discord's own
// description. The types are read as text: at run time there is nothing left of them.
import { assertEquals } from "@std/assert";
import type { DiscordOperation } from "./discord_operation.ts";

const folder = new URL("../../http/operations/", import.meta.url);
const isAllowed = (await Deno.permissions.query({ name: "read", path: folder })).state === "granted";
const reason = isAllowed ? "" : " (skipped: needs permission to read the source, use deno test -P)";

/** What Discord's description has not, or has under another name: OAuth2 (A1.5), and interactions' tokens (A15.3). */
const MORE: Readonly<Record<string, string | null>> = {
  "POST /oauth2/token": null,
  "POST /oauth2/token/revoke": null,
  "POST /webhooks/{application_id}/{interaction_token}": null,
  ...Object.fromEntries(
    ["@original", "{message_id}"].flatMap((message) =>
      ["GET", "PATCH", "DELETE"].map((method) => [
        `${method} /webhooks/{application_id}/{interaction_token}/messages/${message}`,
        `${method} /webhooks/{webhook_id}/{webhook_token}/messages/${message}`,
      ])
    ),
  ),
};

/** Bodies left to the caller: what others send is passed on, or there is nothing to say of it. */
const BODY_LEFT_OPEN = [
  "POST /webhooks/{webhook_id}/{webhook_token}/github",
  "DELETE /guilds/{guild_id}/bans/{user_id}",
];

/** Fields that Discord's reference tells of, though its description does not. */
const FIELDS_FROM_REFERENCE: readonly string[] = [
  "body nsfw of POST /applications/{application_id}/commands",
  "body nsfw of PUT /applications/{application_id}/commands",
  "body nsfw of PATCH /applications/{application_id}/commands/{command_id}",
  "body nsfw of POST /applications/{application_id}/guilds/{guild_id}/commands",
  "body nsfw of PUT /applications/{application_id}/guilds/{guild_id}/commands",
  "body nsfw of PATCH /applications/{application_id}/guilds/{guild_id}/commands/{command_id}",
];

/** An operation as the source describes it. */
interface TypedOperation {
  readonly response: string;
  readonly body: string | undefined;
  readonly query: string | undefined;
}

/** Fields by interface. */
type Fields = ReadonlyMap<string, ReadonlySet<string>>;

sourceTest(
  "Operations are those of Discord's description: none is missing, extra or wrong",
  (source, described) => {
    const keys = described.map(keyOf);
    assertEquals(keys.length, 242);
    assertEquals([...operationsIn(source).keys()].sort(), [...keys, ...Object.keys(MORE)].sort());
  },
);

sourceTest(
  "Operations answer nothing where Discord does, and what may be nothing is said to be (A11.2)",
  (source, described) => {
    assertEquals(wrongAnswers(operationsIn(source), described), []);
  },
);

sourceTest("Operations take the query that Discord describes", (source, described) => {
  assertEquals(wrongFields("query", operationsIn(source), fieldsIn(source), described), []);
});

sourceTest("Operations take the JSON that Discord describes", (source, described) => {
  const wrong = wrongFields("body", operationsIn(source), fieldsIn(source), described);
  assertEquals(wrong.filter((line) => !FIELDS_FROM_REFERENCE.includes(line)), []);
});

sourceTest("Operations of interactions answer what those of webhooks do (A15.3)", (source) => {
  const operations = operationsIn(source);
  for (const [key, twin] of Object.entries(MORE)) {
    if (twin !== null) assertEquals(operations.get(key)?.response, operations.get(twin)?.response, key);
  }
});

Deno.test("The test of the operations can fail", () => {
  const source = `
export interface AOperations {
  /** A. */
  "GET /a/{b}": { response: A[] | undefined; query: AQuery };
  "POST /a": {
    response: undefined;
    body: readonly ABody[];
  };
}

export interface AQuery extends Base {
  /** One. */
  readonly one?: string;
}

export interface Base {
  readonly two: string;
}

export interface ABody {
  readonly "x-y": string;
}
`;
  const operations = operationsIn(source);
  assertEquals([...operations.keys()], ["GET /a/{b}", "POST /a"]);
  const fields = fieldsIn(source);
  assertEquals([...fields.get("AQuery") ?? []].sort(), ["one", "two"]);
  const described: DiscordOperation[] = [
    { ...operation("GET", "/a/{b}"), query: ["two", "three"], answers: ["200 application/json"] },
    { ...operation("POST", "/a"), body: ["x-y"], answers: ["200 image/png"] },
  ];
  assertEquals(wrongAnswers(operations, described), [
    "GET /a/{b}: A[] | undefined, not with a body",
    "POST /a: undefined, not no JSON",
  ]);
  assertEquals(wrongFields("query", operations, fields, described), [
    "query one of GET /a/{b}",
    "no query three of GET /a/{b}",
  ]);
  assertEquals(wrongFields("body", operations, fields, described), []);
});

function operation(method: string, path: string): DiscordOperation {
  return { method, path, operationId: "", query: [], body: null, answers: [] };
}

function keyOf({ method, path }: DiscordOperation): string {
  return `${method} ${path}`;
}

function operationsIn(source: string): Map<string, TypedOperation> {
  const line = /^ {2}"([A-Z]+ \/[^"]*)":\s*\{([^]*?)\};$/gm;
  return new Map(
    [...source.matchAll(line)].map(([, key = "", parts = ""]) => [key, {
      response: partOf(parts, "response") ?? "",
      body: partOf(parts, "body"),
      query: partOf(parts, "query"),
    }]),
  );
}

function partOf(parts: string, name: string): string | undefined {
  return new RegExp(`\\b${name}: ([^;]*?)\\s*(?:;|$)`).exec(parts)?.[1];
}

/** The fields of each interface, with those of what it extends. */
function fieldsIn(source: string): Fields {
  const own = new Map<string, { readonly parents: readonly string[]; readonly names: readonly string[] }>();
  const declaration = /^export interface (\w+)(?:\s+extends\s+([\w,\s]+?))? \{\n([^]*?)^\}/gm;
  for (const [, name = "", parents = "", text = ""] of source.matchAll(declaration)) {
    const names = [...text.matchAll(/^ {2}(?:readonly )?"?([\w-]+)"?\??:/gm)].map(([, field = ""]) => field);
    own.set(name, { parents: parents.split(/[,\s]+/).filter((parent) => parent !== ""), names });
  }
  const all = (name: string): string[] => {
    const { parents = [], names = [] } = own.get(name) ?? {};
    return [...names, ...parents.flatMap(all)];
  };
  return new Map([...own.keys()].map((name) => [name, new Set(all(name))]));
}

function wrongAnswers(
  operations: ReadonlyMap<string, TypedOperation>,
  described: readonly DiscordOperation[],
): string[] {
  return described.flatMap((one) => {
    const response = operations.get(keyOf(one))?.response ?? "missing";
    const kinds = new Set(
      // A search that is not ready is no result: the client takes care of it (A11.1).
      one.answers.filter((answer) => !answer.startsWith("202")).map((answer) => answer.split(" ")[1]),
    );
    const hasBody = kinds.has("application/json");
    const isNothing = kinds.has("nothing");
    const expected = hasBody ? (isNothing ? "or nothing" : "with a body") : isNothing ? "nothing" : "no JSON";
    return kindOf(response) === expected ? [] : [`${keyOf(one)}: ${response}, not ${expected}`];
  });
}

function kindOf(response: string): string {
  if (response === "never") return "no JSON";
  if (response === "undefined") return "nothing";
  return response.endsWith(" | undefined") ? "or nothing" : "with a body";
}

/** Fields that one side has and the other has not. */
function wrongFields(
  part: "query" | "body",
  operations: ReadonlyMap<string, TypedOperation>,
  fields: Fields,
  described: readonly DiscordOperation[],
): string[] {
  return described.flatMap((one) => {
    const key = keyOf(one);
    if (part === "body" && BODY_LEFT_OPEN.includes(key)) return [];
    const type = operations.get(key)?.[part]?.replace(/^readonly (\w+)\[\]$/, "$1");
    const have = type === undefined ? new Set<string>() : fields.get(type) ?? new Set<string>();
    const expected = new Set(one[part] ?? []);
    return [
      ...[...have].filter((name) => !expected.has(name)).map((name) => `${part} ${name} of ${key}`),
      ...[...expected].filter((name) => !have.has(name)).map((name) => `no ${part} ${name} of ${key}`),
    ];
  });
}

function sourceTest(
  name: string,
  test: (source: string, described: readonly DiscordOperation[]) => void,
): void {
  Deno.test(name + reason, { ignore: !isAllowed }, async () => {
    let source = "";
    for await (const { name } of Deno.readDir(folder)) {
      source += await Deno.readTextFile(new URL(name, folder));
    }
    test(source, JSON.parse(await Deno.readTextFile(new URL("operations.json", import.meta.url))));
  });
}
