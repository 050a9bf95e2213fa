import { assert, assertEquals, assertThrows } from "@std/assert";
import { EventNames } from "../../gateway/event_names.ts";
import { MessageReader } from "../../gateway/message_reader.ts";
import { type GatewayPayload, parsePayload } from "../../gateway/payload.ts";
import { seededRandom } from "./seeded_random.ts";

const encoder = new TextEncoder();

function createReader(isWanted: (name: string) => boolean, maxBytes = 1_000_000): MessageReader {
  return new MessageReader({ maxBytes, isWanted, receiveText: undefined, names: new EventNames() });
}

/** What a reader makes of a message, by both ways; or that it can't be read. */
function outcomes(reader: MessageReader, text: string): unknown[] {
  const ways = [() => reader.readText(text), () => reader.readBytes(encoder.encode(text))];
  return ways.map((read) => {
    try {
      return read() ?? { skimmed: [reader.name, reader.sequence] };
    } catch (error) {
      assert(error instanceof SyntaxError || error instanceof TypeError);
      return "unreadable";
    }
  });
}

function wholly(text: string): GatewayPayload | "unreadable" {
  try {
    return parsePayload(text);
  } catch {
    return "unreadable";
  }
}

/** Texts that look like messages, or like parts of them. */
const PIECES = [
  '{"t":"MESSAGE_CREATE","s":7,"op":0,"d":{"content":"hi"}}',
  '{"t":"MESSAGE_CREATE","s":7,"op":0,"d":null}',
  '{"t":"MESSAGE_CREATE","s":7,"op":0,"d":',
  '"}{"t":"READY","s":1,"op":0,"d":',
  '\\"}{\\"t\\":\\"READY\\",\\"s\\":1,\\"op\\":0,\\"d\\":',
  '{"op":0,"t":"A","s":1,"d":{}}',
  '{"t":"A","s":1,"op":0,"d":{},"t":"B"}',
  '{"t":"A","s":1,"op":0,"d":{},"\\u0074":"B"}',
  '{"t":"A","t":"B","s":1,"op":0,"d":{}}',
  '{"t":"A","s":1,"op":1,"d":{}}',
  '{"t":null,"s":null,"op":11,"d":null}',
  '{ "t":"A","s":1,"op":0,"d":{}}',
  '{"t": "A","s":1,"op":0,"d":{}}',
  '{"t":"A","s":1,"op":0,"d":{}} ',
  '{"t":"A","s":01,"op":0,"d":{}}',
  '{"t":"A","s":-1,"op":0,"d":{}}',
  '{"t":"A","s":1.5,"op":0,"d":{}}',
  '{"t":"A","s":1e3,"op":0,"d":{}}',
  '{"t":"A","s":9007199254740991,"op":0,"d":{}}',
  '{"t":"A","s":9007199254740993,"op":0,"d":{}}',
  '{"t":"A","s":999999999999999,"op":0,"d":{}}',
  '{"t":"A","s":0,"op":0,"d":{"a":{"b":[1,{"c":"}"}]}}}',
  '{"t":"A\\"B","s":1,"op":0,"d":{}}',
  '{"t":"\\u0041","s":1,"op":0,"d":{}}',
  '{"t":"Ä","s":1,"op":0,"d":{}}',
  '{"t":"","s":1,"op":0,"d":{}}',
  `{"t":"${"A".repeat(64)}","s":1,"op":0,"d":{}}`,
  `{"t":"${"A".repeat(65)}","s":1,"op":0,"d":{}}`,
  '{"t":"A","s":1,"op":0,"d":}',
  '{"t":"A","s":1,"op":0,"d":{}}}',
  '{"t":"A","s":1,"op":0,"d":1,"d":2}',
  '{"t":"A","s":1,"op":0,"d":\ufeff{}}',
  '{"t":"A","s":1,"op":0,"d":{"__proto__":{"x":1}}}',
  '{"t":"A","s":1,"op":0,"d":"\ud800 雪 🎉 \u2028"}',
  '{"t":"A","s":1,"op":0}',
  "[]",
  "",
  "}",
];
const BITS = [
  '"',
  "\\",
  "{",
  "}",
  ",",
  ":",
  " ",
  "\n",
  "0",
  "9",
  "-",
  ".",
  "t",
  "s",
  "op",
  "d",
  "雪",
  "\ud83d",
  "\u0000",
];

Deno.test("MessageReader reads what is wanted as a full parse does, whatever it is, as text and as bytes", () => {
  const random = seededRandom(5);
  const reader = createReader(() => true);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? "";
  const texts = [...PIECES];
  for (let count = 0; count < 20_000; count += 1) {
    let text = pick(PIECES);
    if (random() < 0.2) text += pick(PIECES);
    for (let edits = Math.floor(random() * 3); edits > 0; edits -= 1) {
      const at = Math.floor(random() * (text.length + 1));
      text = text.slice(0, at) + pick(BITS) + text.slice(at + (random() < 0.5 ? 1 : 0));
    }
    texts.push(text);
  }
  for (const text of texts) {
    // Half a surrogate is something else after it was bytes.
    const [asText, asBytes] = outcomes(reader, text);
    assertEquals(asText, wholly(text), text);
    assertEquals(
      asBytes,
      wholly(new TextDecoder("utf-8", { ignoreBOM: true }).decode(encoder.encode(text))),
      text,
    );
  }
});

Deno.test("MessageReader skims what is not wanted: the same name and number as a full parse of what Discord writes", () => {
  const reader = createReader((name) => name === "WANTED");
  const random = seededRandom(6);
  for (let count = 0; count < 5_000; count += 1) {
    const d = JSON.stringify({
      content: PIECES[Math.floor(random() * PIECES.length)],
      n: [random(), {}, null],
    });
    const t = ["WANTED", "MESSAGE_CREATE", "A", "B_C"][count % 4] ?? "";
    const s = Math.floor(random() * 2 ** Math.floor(random() * 49));
    const text = `{"t":"${t}","s":${s},"op":0,"d":${d}}`;
    const expected = t === "WANTED" ? parsePayload(text) : { skimmed: [t, s] };
    assertEquals(outcomes(reader, text), [expected, expected], text);
  }
});

Deno.test("MessageReader parses what does not begin as Discord writes it, though nobody wants it", () => {
  const reader = createReader(() => false);
  for (
    const text of [
      '{"op":0,"t":"A","s":1,"d":{}}',
      '{"t":null,"s":null,"op":11,"d":null}',
      '{"t":"A","s":1,"op":0,"d":{}} ',
    ]
  ) {
    assertEquals(outcomes(reader, text), [parsePayload(text), parsePayload(text)]);
  }
});

Deno.test("MessageReader hands on each text that can be read, and its data only where it is wanted", () => {
  const random = seededRandom(7);
  const handed: unknown[] = [];
  const reader = new MessageReader({
    names: new EventNames(),
    maxBytes: 1_000_000,
    isWanted: (name) => name === "WANTED",
    receiveText: (text, payload) => handed.push([text, payload]),
  });
  for (let count = 0; count < 5_000; count += 1) {
    let text = PIECES[Math.floor(random() * PIECES.length)] ?? "";
    if (random() < 0.3) text = text.replace("MESSAGE_CREATE", "WANTED");
    handed.length = 0;
    const [asText, asBytes] = outcomes(reader, text);
    const whole = wholly(text);
    // Half a surrogate is something else after it was bytes.
    if (/\ud800/.test(text)) continue;
    assertEquals(asText, asBytes);
    if (whole === "unreadable" && asText === "unreadable") {
      assertEquals(handed, [], text);
      continue;
    }
    const skimmed = typeof asText === "object" && asText !== null && "skimmed" in asText;
    const expected = skimmed ? { op: 0, s: reader.sequence, t: reader.name, d: undefined } : whole;
    assertEquals(handed, [[text, expected], [text, expected]]);
  }
});

Deno.test("MessageReader lets pass what stands inside of data that nobody wants, be it no JSON", () => {
  const reader = createReader(() => false);
  for (const d of ["{}", '{"a":{}}', "{nonsense}", '{"s":9,"t":"READY"}', '{"a":"\\"}']) {
    const skimmed = { skimmed: ["A", 1] };
    assertEquals(outcomes(reader, `{"t":"A","s":1,"op":0,"d":${d}}`), [skimmed, skimmed], d);
  }
});

Deno.test("MessageReader finds a name, a number or data that is there a second time, though nobody wants the first", () => {
  const reader = createReader((name) => name === "READY");
  const data = [
    "{",
    "}",
    "nonsense",
    '{},"t":"READY"',
    '{},"s":9',
    '{},"op":11,"t":null',
    '{},"d":5',
    "null",
  ];
  for (
    const d of [...data, "[]", '"{}"', '{"a":1', '{} ,"t":"READY" ', '{}}{"t":"READY"']
  ) {
    const text = `{"t":"A","s":1,"op":0,"d":${d}}`;
    assertEquals(outcomes(reader, text), [wholly(text), wholly(text)], d);
  }
});

Deno.test("MessageReader refuses a message above its limit, wanted or not (ENV-7)", () => {
  const text = `{"t":"A","s":1,"op":0,"d":"${"a".repeat(100)}"}`;
  for (const isWanted of [true, false]) {
    const reader = createReader(() => isWanted, 100);
    assertThrows(() => reader.readText(text), TypeError, "too long");
    assertThrows(() => reader.readBytes(encoder.encode(text)), TypeError, "too long");
  }
});

Deno.test("MessageReader gives the same name as the same string, and keeps no more than so many", () => {
  const reader = createReader(() => false);
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 2_000; index += 1) {
      const name = `EVENT_${index}`;
      reader.readBytes(encoder.encode(`{"t":"${name}","s":${index},"op":0,"d":{}}`));
      assertEquals([reader.name, reader.sequence], [name, index]);
      reader.readText(`{"t":"${name}","s":${index},"op":0,"d":{}}`);
      assertEquals([reader.name, reader.sequence], [name, index]);
    }
  }
});
