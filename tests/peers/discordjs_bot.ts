import { Client, Events, GatewayIntentBits } from "discord.js";

const [baseUrl = "", token = ""] = Deno.args;
const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;
const client = new Client({
  intents: [Guilds, GuildMessages, MessageContent],
  rest: { api: baseUrl.replace(/\/v\d+$/, "") },
});
client.on(Events.ClientReady, () => console.log("ready"));
client.on(Events.ShardResume, () => console.log("resumed"));
client.on(Events.Error, (error) => console.log(`error ${error.message}`));
client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot) return;
  console.log(`message ${message.content}`);
  if (message.content.startsWith("ping")) await message.reply(`pong to ${message.content}`);
});
client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isChatInputCommand()) await interaction.reply(`pong to /${interaction.commandName}`);
});
await client.login(token);
