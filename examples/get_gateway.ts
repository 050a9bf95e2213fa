// Asks where the gateway is. Discord tells anybody: nothing is sent of the token.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com examples/get_gateway.ts
//
// Without TOKEN it asks a simulated Discord on this machine.
import { HTTPClient, Route } from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

await using stage = await openStage("get_gateway.ts", { hosts: ["discord.com"] });
await using http = new HTTPClient(stage.httpOptions);

const response = await http.request(new Route("GET", "/gateway"));
console.log((await response.json()).url);
