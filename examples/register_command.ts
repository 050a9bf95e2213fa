// Registers the slash command /ping, once and for all guilds:
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net examples/register_command.ts
import { BotAuthentication, HTTPClient, Route } from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

await using stage = await openStage("register_command.ts");
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);

const me = await http.request(new Route("GET", "/applications/@me"), { authentication });
const { id: application_id } = await me.json();
const route = new Route("POST", "/applications/{application_id}/commands", { application_id });
const response = await http.request(route, {
  authentication,
  json: { name: "ping", description: "Answers with pong", type: 1 },
});
const command = await response.json();
console.log(`/${command.name} is registered as ${command.id}`);
