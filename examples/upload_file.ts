// Sends a file to a channel, and shows how far it is. The file is streamed: it is never in memory as a whole.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com --allow-read=FILE examples/upload_file.ts CHANNEL_ID FILE
//
// Without TOKEN it sends 5 MB of nothing to a simulated Discord on this machine.
import { BotAuthentication, HTTPClient, HTTPRequestStatusError, Route } from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

await using stage = await openStage("upload_file.ts", { hosts: ["discord.com"] });
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);
const [channelId = stage.discord?.channel.id, path] = Deno.args;
if (channelId === undefined || (path === undefined && stage.discord === undefined)) {
  console.error("Which file, and where to? Give both: deno run -P examples/upload_file.ts CHANNEL_ID FILE");
  Deno.exit(1);
}

const file = path === undefined ? nothing("nothing.bin", 5_000_000) : await openFile(path);
const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: channelId });
try {
  const response = await http.request(route, {
    authentication,
    json: { content: "Here it is", attachments: [{ id: 0, description: "Sent by an example" }] },
    files: [{ name: file.name, data: () => watched(file.open(), file.size) }],
  });
  const { attachments: [attachment] } = await response.json();
  console.log(`sent ${attachment?.filename}, ${attachment?.size} bytes`);
} catch (error) {
  if (!(error instanceof HTTPRequestStatusError)) throw error;
  console.error(`Discord does not take it: ${error.message}`);
  Deno.exit(1);
}

/** A file that can be read more than once: a request that fails may be sent again. */
interface Source {
  readonly name: string;
  readonly size: number;
  open(): ReadableStream<Uint8Array>;
}

async function openFile(path: string): Promise<Source> {
  try {
    const { size } = await Deno.stat(path);
    const name = path.split(/[/\\]/).at(-1) ?? path;
    return { name, size, open: () => Deno.openSync(path).readable };
  } catch (error) {
    console.error(`Can't read ${path}: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}

function nothing(name: string, size: number): Source {
  const open = (): ReadableStream<Uint8Array> => {
    let left = size;
    return new ReadableStream({
      pull(controller) {
        const length = Math.min(left, 65_536);
        left -= length;
        controller.enqueue(new Uint8Array(length));
        if (left === 0) controller.close();
      },
    });
  };
  return { name, size, open };
}

/** The same stream; tells what of it was handed to the connection, which may be a little ahead of what has arrived. */
function watched(stream: ReadableStream<Uint8Array>, size: number): ReadableStream<Uint8Array> {
  let sent = 0;
  let shown = 0;
  return stream.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        sent += chunk.length;
        const percent = Math.floor(sent / Math.max(1, size) * 100);
        if (percent >= shown + 10) {
          shown = percent - percent % 10;
          console.log(`${shown} %`);
        }
        controller.enqueue(chunk);
      },
    }),
  );
}
