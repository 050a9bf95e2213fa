// A bot with telemetry, for the test of that: it answers a message and a slash command, and fails now and then.
import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";
import { Telemetry } from "@nextsnake/nextcore/otel";
import { Simulator } from "@nextsnake/nextcore/testing";

const TOKEN = "a.very.secret";
await using discord = await Simulator.start({ token: TOKEN });
const authentication = new BotAuthentication(TOKEN);
const telemetry = new Telemetry();
await using http = telemetry.createHTTPClient({ baseUrl: discord.baseUrl });
const intents = Intents.GuildMessages | Intents.MessageContent;
await using manager = new ShardManager(authentication, intents, http);
telemetry.watch(manager, { countEvents: true });

const answered = Promise.withResolvers<void>();
manager.listen(
  "MESSAGE_CREATE",
  telemetry.handler(async (message) => {
    if (message.author.bot === true) return;
    const { channel_id } = message;
    discord.faults.rateLimit({ retryAfterMs: 5 });
    const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id });
    await http.request(route, { authentication, json: { content: "pong" } });
    answered.resolve();
  }),
);
manager.listen(
  "INTERACTION_CREATE",
  telemetry.handler(async ({ id, token }) => {
    const route = new Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", {
      interaction_id: id,
      interaction_token: token,
    });
    await http.request(route, { json: { type: 4, data: { content: "pong" } } });
  }),
);

await manager.connect();
await manager.ready();
discord.channel.say("a very private message");
await answered.promise;
const interaction = discord.channel.useCommand("ping");
await interaction.answer();
const resumed = manager.dispatcher.waitFor("resumed");
discord.faults.dropConnections();
await resumed;
const missing = new Route("GET", "/channels/{channel_id}", { channel_id: "613425648685547541" });
await telemetry.run("look", () => http.request(missing, { authentication })).catch(() => {});

// A client without telemetry, to see what the runtime gives away by itself.
await using plain = new HTTPClient({ baseUrl: discord.baseUrl });
await plain.request(new Route("GET", "/gateway"));
// Not by console.log: that goes to the collector as well.
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({
  channel: discord.channel.id,
  interaction: interaction.id,
  interactionToken: interaction.token,
})));
