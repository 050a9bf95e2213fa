// What it costs to read a message, by what somebody wants of it: nothing but name and number, its data, or its text.
import { EventNames } from "../../gateway/event_names.ts";
import { MessageReader } from "../../gateway/message_reader.ts";

const CONTENT = "message ".repeat(70);
const TEXT = JSON.stringify({
  t: "MESSAGE_CREATE",
  s: 123_456,
  op: 0,
  d: {
    id: "1098765432109876543",
    channel_id: "1098765432109876544",
    author: { id: "1098765432109876545", username: "somebody", avatar: null, discriminator: "0" },
    mentions: [],
    attachments: [],
    content: CONTENT,
  },
});
const BYTES = new TextEncoder().encode(TEXT);
const DECODER = new TextDecoder();
const READERS: Readonly<Record<string, MessageReader>> = {
  "nobody wants it": readerOf(false),
  "its data is wanted": readerOf(true),
};

Deno.bench("a message of bytes: decode and parse all", { group: "bytes", baseline: true }, () => {
  JSON.parse(DECODER.decode(BYTES));
});

Deno.bench("a message of text: parse all", { group: "text", baseline: true }, () => {
  JSON.parse(TEXT);
});

for (const [name, reader] of Object.entries(READERS)) {
  Deno.bench(`a message of bytes: ${name}`, { group: "bytes" }, () => {
    reader.readBytes(BYTES);
  });
  Deno.bench(`a message of text: ${name}`, { group: "text" }, () => {
    reader.readText(TEXT);
  });
}

function readerOf(isWanted: boolean): MessageReader {
  const names = new EventNames();
  return new MessageReader({ names, maxBytes: Infinity, isWanted: () => isWanted, receiveText: undefined });
}
