// Asks where the gateway is. Needs no token:
//
//   deno run --allow-env=TOKEN --allow-net=discord.com examples/get_gateway.ts
import { HTTPClient, Route } from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

await using stage = await openStage("get_gateway.ts");
await using http = new HTTPClient(stage.httpOptions);

const response = await http.request(new Route("GET", "/gateway"));
console.log((await response.json()).url);
