// A bot in a page, or in a worker: it shows the first message, answers it, and sends a file.
import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";
import { RemoteDiscord } from "../remote_discord.ts";

/** What the bot has seen, and the simulator of it. */
export interface Played {
  readonly first: string;
  readonly answers: readonly string[];
  readonly fileSizes: readonly number[];
  readonly compression: string | null;
  readonly isClosed: boolean;
}

/** Plays against a new simulator of the process at `address`; `show` is given the first message. */
export async function play(address: string, show: (text: string) => void): Promise<Played> {
  const discord = await RemoteDiscord.start(address);
  const { id, token, channelId } = discord.place;
  const authentication = new BotAuthentication(token);
  // The same origin as the page: the simulator knows no CORS.
  const http = new HTTPClient({ baseUrl: `${address}/api/${id}` });
  const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
  const manager = new ShardManager(authentication, intents, http);
  const message = manager.waitFor("MESSAGE_CREATE");
  await manager.connect();
  await manager.ready();
  await discord.ask("say", { content: "é漢🐍" });
  const { content: first } = await message;
  show(first);
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: channelId });
  const small = { name: "small.bin", data: new Uint8Array(300) };
  const large = { name: "large.bin", data: new Blob([new Uint8Array(2_000_000)]) };
  for (const files of [[], [small], [large]]) {
    const json = { content: `${files.length} files` };
    await (await http.request(route, { authentication, json, files })).body?.cancel();
  }
  const [connection] = await discord.ask("connections");
  await manager.close();
  await http.close();
  const [, ...answers] = await discord.ask("messages");
  const connections = await discord.ask("connections");
  await discord.ask("close");
  return {
    first,
    answers: answers.map(({ content }) => content),
    fileSizes: answers.flatMap(({ attachments }) => attachments.map(({ size }) => size)),
    compression: new URL(connection?.url ?? "ws:").searchParams.get("compress"),
    isClosed: connections.every(({ isOpen, closeCode }) => !isOpen && closeCode === 1000),
  };
}
