// Deletes messages with forbidden words, and silences who writes them for a minute. The reason is in the audit log.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com,*.discord.gg examples/moderation.ts WORD…
//
// The bot needs the permissions "Manage Messages" and "Moderate Members", and the intent "Message Content", which is
// switched on in the developer portal. Without TOKEN it plays against a simulated Discord on this machine.
import {
  BotAuthentication,
  ForbiddenError,
  type GatewayEvents,
  HTTPClient,
  Intents,
  NotFoundError,
  Route,
  ShardManager,
} from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

type Message = GatewayEvents["MESSAGE_CREATE"];

const SILENCE_MS = 60_000;
const words = Deno.args.length > 0 ? Deno.args.map((word) => word.toLowerCase()) : ["spam"];

await using stage = await openStage("moderation.ts");
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);
await using manager = new ShardManager(authentication, Intents.GuildMessages | Intents.MessageContent, http);

const messages = manager.events("MESSAGE_CREATE");
await manager.connect();
stage.play(async (channel) => {
  await manager.ready();
  console.log("user: hello");
  channel.say("hello");
  console.log("user: buy SPAM");
  const silenced = http.dispatcher.waitFor("requestResponse", ({ method }) => method === "PATCH");
  channel.say("buy SPAM");
  await silenced;
  for (const { method, route, reason } of stage.discord?.requests ?? []) {
    if (reason !== undefined) console.log(`audit log: ${method} ${route}: ${reason}`);
  }
  await manager.close();
});

for await (const message of messages) {
  const word = words.find((it) => message.content.toLowerCase().includes(it));
  if (word === undefined || message.author.bot === true || message.guild_id === undefined) continue;
  // Others are not kept waiting for this one.
  moderate(message, message.guild_id, `Forbidden word: ${word}`).catch((error) => console.error(error));
}

async function moderate(
  { id, channel_id, author }: Message,
  guild_id: string,
  reason: string,
): Promise<void> {
  const place = { channel_id, message_id: id };
  await allowed(http.request(new Route("DELETE", "/channels/{channel_id}/messages/{message_id}", place), {
    authentication,
    reason,
  }));
  const member = new Route("PATCH", "/guilds/{guild_id}/members/{user_id}", { guild_id, user_id: author.id });
  const communication_disabled_until = new Date(Date.now() + SILENCE_MS).toISOString();
  await allowed(http.request(member, { authentication, reason, json: { communication_disabled_until } }));
  console.log(`${author.username} is silent for a minute: ${reason}`);
}

/** Somebody else may have been faster, and some members can't be moderated: neither should end the bot. */
async function allowed(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (error instanceof ForbiddenError) console.error(`The bot may not do that: ${error.message}`);
    else if (!(error instanceof NotFoundError)) throw error;
  }
}
