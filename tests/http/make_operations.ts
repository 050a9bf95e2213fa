// Makes operations.json, the list that http/operations/ is held against, from Discord's OpenAPI document:
//
//   deno run --allow-read --allow-write tests/http/make_operations.ts path/to/openapi.json
//
// Discord publishes the document; it is not part of this repository. Only what tests compare is kept: method, path,
// operation id, the names of query parameters, whether there is a JSON body and which fields it has, and what may be
// answered. Run it when Discord has published a new one, then mend http/operations/ until its test is content.
import type { DiscordOperation } from "./discord_operation.ts";

const METHODS = ["get", "put", "post", "delete", "patch"];

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, unknown>;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}

interface Described {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

interface Parameter {
  name: string;
  in: string;
}

type Content = Record<string, { schema: Schema }>;

interface OpenAPI {
  paths: Record<string, Record<string, Described> & { parameters?: Parameter[] }>;
  components: { schemas: Record<string, Schema> };
}

const [source] = Deno.args;
if (source === undefined) throw new TypeError("Say where the document is: make_operations.ts openapi.json");
const document: OpenAPI = JSON.parse(await Deno.readTextFile(source));
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const described = item[method];
    return described === undefined ? [] : [operationOf(method, path, described, item.parameters ?? [])];
  })
);
operations.sort((a, b) => compare(a.path, b.path) || compare(a.method, b.method));
const json = JSON.stringify(operations, null, 2);
await Deno.writeTextFile(new URL("operations.json", import.meta.url), `${json}\n`);
console.log(`${operations.length} operations`);

function operationOf(
  method: string,
  path: string,
  { operationId, parameters = [], requestBody, responses }: Described,
  shared: readonly Parameter[],
): DiscordOperation {
  const query = [...shared, ...parameters].filter((one) => one.in === "query").map((one) => one.name);
  const body = requestBody?.content["application/json"];
  const successes = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  return {
    method: method.toUpperCase(),
    path,
    operationId,
    query: query.sort(compare),
    body: body === undefined ? null : [...fieldsOf(body.schema)].sort(compare),
    answers: successes.map(([status, { content }]) =>
      `${status} ${Object.keys(content ?? {})[0] ?? "nothing"}`
    ),
  };
}

/** The names of an object's fields, or of the objects in a list. */
function fieldsOf(schema: Schema): Set<string> {
  const name = schema.$ref?.split("/").at(-1);
  const parts = [...schema.oneOf ?? [], ...schema.anyOf ?? [], ...schema.allOf ?? []];
  if (schema.items !== undefined) parts.push(schema.items);
  const meant = name === undefined ? undefined : document.components.schemas[name];
  if (meant !== undefined) parts.push(meant);
  return new Set([...Object.keys(schema.properties ?? {}), ...parts.flatMap((part) => [...fieldsOf(part)])]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
