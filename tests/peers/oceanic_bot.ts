import { Client, Intents } from "oceanic.js";

const [baseUrl = "", token = ""] = Deno.args;
const client = new Client({
  auth: `Bot ${token}`,
  rest: { baseURL: baseUrl },
  gateway: { intents: Intents.GUILDS | Intents.GUILD_MESSAGES | Intents.MESSAGE_CONTENT },
});
client.once("ready", () => console.log("ready"));
client.on("shardResume", () => console.log("resumed"));
client.on("error", (error) => console.log(`error ${error}`));
client.on("messageCreate", async (message) => {
  if (message.author.bot) return;
  console.log(`message ${message.content}`);
  if (!message.content.startsWith("ping")) return;
  await client.rest.channels.createMessage(message.channelID, { content: `pong to ${message.content}` });
});
client.on("interactionCreate", async (interaction) => {
  if (!interaction.isCommandInteraction()) return;
  await interaction.createMessage({ content: `pong to /${interaction.data.name}` });
});
await client.connect();
