import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { HTTPFile } from "../../http/mod.ts";
import { prepareBody, type PreparedBody, type RequestBodyOptions } from "../../http/request_body.ts";

const chance = (): number => 0.5;

function prepare(options: RequestBodyOptions, method: "POST" | "GET" = "POST"): PreparedBody {
  return prepareBody(method, options, chance);
}

/** What a server would see of one attempt. */
function received(body: PreparedBody): Response {
  const headers: HeadersInit = body.contentType === undefined ? {} : { "Content-Type": body.contentType };
  return new Response(body.create() ?? null, { headers });
}

/** The options as JavaScript may give them: nobody has checked anything. */
function untyped(options: Record<string, unknown>): PreparedBody {
  return prepare(options);
}

async function filesIn(response: Response): Promise<[string, string, string, string][]> {
  const form = await response.formData();
  const rows: [string, string, string, string][] = [];
  for (const [name, value] of form) {
    rows.push(
      value instanceof File ? [name, value.name, value.type, await value.text()] : [name, "", "", value],
    );
  }
  return rows;
}

Deno.test("prepareBody makes JSON, and names the keys that say what it does (A2.3, B5.10)", async () => {
  const body = prepare({ json: { content: "é", nonce: "1", enforce_nonce: true } });
  assertEquals([body.contentType, body.isReplayable, [...body.keys ?? []]], ["application/json", true, [
    "content",
  ]]);
  assertEquals((await received(body).json()).content, "é");
  assertEquals([prepare({ json: [1] }).keys, prepare({ json: null }).create()], [undefined, "null"]);
});

Deno.test("prepareBody sends nothing, and no media type, where there is nothing (A2.5)", () => {
  const body = prepare({ files: [] });
  assertEquals([body.contentType, body.create(), body.isReplayable], [undefined, undefined, true]);
});

Deno.test("prepareBody refuses what JSON cannot say", () => {
  const round: Record<string, unknown> = {};
  round.self = round;
  for (const json of [round, { id: 1n }, () => {}, Symbol("x")]) {
    assertThrows(() => prepare({ json }), TypeError, "Cannot send a request");
  }
});

Deno.test("prepareBody refuses contradictions (A2.5)", () => {
  assertThrows(() => prepare({ json: {}, body: "x" }), TypeError, "excludes");
  assertThrows(() => prepare({ body: "x", files: [{ name: "a", data: "x" }] }), TypeError, "excludes");
  for (const options of [{ json: {} }, { body: "x" }, { files: [{ name: "a", data: "x" }] }]) {
    assertThrows(() => prepare(options, "GET"), TypeError, "no body");
  }
  for (const body of [1, {}, [], null, true]) assertThrows(() => untyped({ body }), TypeError, "Cannot send");
});

Deno.test("prepareBody copies bytes and forms: what is sent again is what was given (A14.8)", async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  const [fromBytes, fromForm] = [prepare({ body: bytes }), prepare({ body: form })];
  bytes.fill(9);
  form.set("grant_type", "other");
  assertEquals([...await received(fromBytes).bytes()], [1, 2, 3]);
  assertEquals(await received(fromForm).text(), "grant_type=client_credentials");
  assertStringIncludes(fromForm.contentType ?? "", "application/x-www-form-urlencoded");
});

Deno.test("prepareBody knows which bodies can be sent again (A14.8)", () => {
  assertEquals(prepare({ body: new ReadableStream() }).isReplayable, false);
  assertEquals(prepare({ body: () => new ReadableStream() }).isReplayable, true);
  const taken = new ReadableStream();
  taken.getReader();
  assertThrows(() => prepare({ body: taken }), TypeError, "somebody else");
});

Deno.test("prepareBody puts files next to the JSON, numbered, in order (A14.1, C20)", async () => {
  const files: readonly (HTTPFile | File)[] = [
    { name: "a.txt", data: "text" },
    { name: "b.png", data: new Uint8Array([65, 66]), contentType: "image/png" },
    { name: "c", data: new Blob(["blob"], { type: "text/css" }) },
    new File(["file"], "d.js", { type: "text/javascript" }),
    { name: "e", data: new TextEncoder().encode("buffer").buffer },
  ];
  const body = prepare({ json: { content: "x" }, files });
  const rows = await filesIn(received(body));
  assertEquals(rows.map(([name, file, , text]) => [name, file, text]), [
    ["payload_json", "", '{"content":"x"}'],
    ["files[0]", "a.txt", "text"],
    ["files[1]", "b.png", "AB"],
    ["files[2]", "c", "blob"],
    ["files[3]", "d.js", "file"],
    ["files[4]", "e", "buffer"],
  ]);
  assertEquals(rows.slice(1).map(([, , type]) => type), [
    "application/octet-stream",
    "image/png",
    "text/css",
    "text/javascript",
    "application/octet-stream",
  ]);
  assertEquals(await received(body).text(), await received(body).text(), "the same bytes each time");
  assertStringIncludes(await received(body).text(), 'name="payload_json"\r\nContent-Type: application/json');
});

Deno.test("prepareBody sends small files as bytes and streams made anew for each attempt (A14.8)", async () => {
  assert(prepare({ files: [{ name: "a", data: "x" }] }).create() instanceof Uint8Array);
  let made = 0;
  const data = (): ReadableStream<Uint8Array> => {
    made += 1;
    return new Blob(["stream"]).stream();
  };
  const body = prepare({ json: {}, files: [{ name: "a", data }, { name: "b", data: new Blob(["blob"]) }] });
  for (const _ of [1, 2]) {
    assertEquals((await filesIn(received(body))).map(([, , , text]) => text), ["{}", "stream", "blob"]);
  }
  assertEquals([made, body.isReplayable], [2, true]);
});

Deno.test("prepareBody lets no file name or media type add headers or parts (A14.5)", async () => {
  const name = 'a"\r\nX-Evil: 1\r\n\r\n.txt';
  const text = await received(prepare({ files: [{ name, data: "x" }] })).text();
  assertFalse(text.includes("\nX-Evil"));
  assertStringIncludes(text, 'filename="a%22%0D%0AX-Evil');
  assertThrows(
    () => prepare({ files: [{ name: "a", data: "x", contentType: "a/b\r\nX: 1" }] }),
    TypeError,
    "files[0]",
  );
  for (
    const bad of [{ data: "x" }, { name: "", data: "x" }, { name: 1, data: "x" }, { name: "a" }, {
      name: "a",
      data: 1,
    }]
  ) {
    assertThrows(() => untyped({ files: [bad] }), TypeError, "files[0]");
  }
});

Deno.test("prepareBody lets go of the stream of a file in the midst of a read, and opens no other (A14.8, C14)", async () => {
  const seen: string[] = [];
  const stalled = (name: string) => (): ReadableStream<Uint8Array> => {
    seen.push(`${name} opened`);
    return new ReadableStream({
      pull: () => new Promise(() => {}),
      cancel: () => void seen.push(`${name} cancelled`),
    });
  };
  const body = prepare({ files: [{ name: "a", data: stalled("a") }, { name: "b", data: stalled("b") }] });
  const stream = body.create();
  assert(stream instanceof ReadableStream);
  const reader = stream.getReader();
  await reader.read();
  const pending = reader.read();
  while (seen.length === 0) await undefined;
  await reader.cancel();
  assertEquals([(await pending).done, seen], [true, ["a opened", "a cancelled"]]);
});

Deno.test("prepareBody says what is wrong with the function that makes a file's stream", async () => {
  const made: unknown = null;
  const body = untyped({ files: [{ name: "a", data: () => made }] });
  const error = await assertRejects(() => received(body).arrayBuffer(), TypeError);
  assertStringIncludes(error.message, "must return a new ReadableStream, got null");
});

Deno.test("prepareBody names the keys of what is sent, whatever becomes of the object (B5.10)", () => {
  const json: Record<string, unknown> = { content: "x", nonce: "1", flags: undefined };
  const files = [{ name: "a", data: "x" }];
  const bodies = [prepare({ json }), prepare({ json, files })];
  delete json.content;
  json.embeds = [];
  for (const body of bodies) assertEquals([...body.keys ?? []], ["content"]);
  assertEquals([...prepare({ json: { secret: 1, toJSON: () => ({ topic: "x" }) } }).keys ?? []], ["topic"]);
  assertEquals([prepare({ json: [1] }).keys, prepare({}).keys], [undefined, undefined]);
});

Deno.test("prepareBody sends the bytes of any view, not its numbers", async () => {
  const { buffer } = new Uint8Array([1, 2, 3, 4, 5, 6]);
  const views = [new Uint8Array(buffer, 2, 2), new DataView(buffer, 2, 2), new Uint16Array(buffer, 2, 1)];
  for (const data of views) {
    const form = await received(untyped({ files: [{ name: "a", data }] })).formData();
    const file = form.get("files[0]");
    assertEquals(file instanceof File && [...await file.bytes()], [3, 4]);
  }
});
