import { assertEquals, assertThrows } from "@std/assert";
import { splitMessages } from "../../gateway/split_messages.ts";
import { seededRandom } from "./seeded_random.ts";

/** Pieces of which users, bots and their enemies make strings. */
const PIECES = [
  '}{"t":',
  '}{"op":',
  "}{",
  "{",
  "}",
  '"',
  "\\",
  '\\"',
  '"}',
  '{"t":"',
  "[",
  "]",
  ":",
  ",",
  "\n",
  "\u2028",
  "é",
  "漢",
  "🐍",
  "\ud800",
  "null",
  "t",
  "",
];

/** Values of any shape, full of what looks like borders. */
class Hostile {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  text(): string {
    return Array.from({ length: this.below(6) }, () => PIECES[this.below(PIECES.length)]).join("");
  }

  value(depth: number): unknown {
    const kind = this.below(depth > 0 ? 6 : 4);
    if (kind < 2) return this.text();
    if (kind === 2) return this.below(1_000) - 500;
    if (kind === 3) return [null, true, false][this.below(3)];
    const values = Array.from({ length: this.below(4) }, () => this.value(depth - 1));
    return kind === 4 ? values : Object.fromEntries(values.map((value) => [this.text(), value]));
  }

  /** A message, its keys in Discord's order or in another. */
  message(isMixed: boolean): string {
    const fields: [string, unknown][] = [["t", this.text()], ["s", this.below(9)], ["op", 0], [
      "d",
      this.value(4),
    ]];
    if (isMixed) fields.sort(() => this.#random() - 0.5);
    return JSON.stringify(Object.fromEntries(fields), null, isMixed ? this.below(2) : 0);
  }
}

for (const isMixed of [false, true]) {
  const keys = isMixed ? "that begin differently" : "in Discord's order";
  Deno.test(`splitMessages finds the borders of 10 000 hostile batches of messages ${keys}`, () => {
    const hostile = new Hostile(isMixed ? 17 : 42);
    for (let round = 0; round < 10_000; round += 1) {
      const messages = Array.from({ length: hostile.below(6) + 1 }, () => hostile.message(isMixed));
      assertEquals(splitMessages(messages.join(""), messages.length), messages);
    }
  });
}

Deno.test("splitMessages does not need to be told the right number: a stream may be flushed for nothing", () => {
  const messages = ['{"t":null,"d":"}{"}', '{"t":"X"}'];
  for (const expected of [1, 2, 3, 100]) assertEquals(splitMessages(messages.join(""), expected), messages);
  assertEquals(splitMessages("", 2), []);
});

Deno.test("splitMessages finds borders where there is white space between messages", () => {
  const parts = splitMessages('{"op": 1}\n {"op": 2}\r\n\t{"x": {"op": 3}} \n', 3);
  assertEquals(parts.map((part) => JSON.parse(part)), [{ op: 1 }, { op: 2 }, { x: { op: 3 } }]);
});

Deno.test("splitMessages refuses what is cut off, and leaves it to the parser to refuse the rest", () => {
  for (const text of ['{"t":1}{"t":', '{"a":1}{"b":"}', '{"t":1}}{"t":1', "{} 1", "}{", '{"a":"\\']) {
    assertThrows(() => {
      for (const message of splitMessages(text, 7)) JSON.parse(message);
    }, SyntaxError);
  }
});

Deno.test("splitMessages takes linear time for what is only brackets, quotes or backslashes", () => {
  for (const piece of ["{", "}", '"', "\\", '"\\', '{"t":']) {
    assertThrows(() => splitMessages('{"t":"' + piece.repeat(500_000), 2), SyntaxError);
  }
});
