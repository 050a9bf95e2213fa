/**
 * The server, in a process of its own. Prints its origin.
 *
 * `POST /worlds` makes a world of rules and answers its number, `GET /worlds/<number>` tells what it has counted, and
 * `/w/<number>/api/v10/…` is Discord's API in it.
 *
 * @module
 */

import { World } from "./world.ts";

const API = /^\/w\/(\d+)\/api\/v10(\/.*)$/;
const REPORT = /^\/worlds\/(\d+)$/;
const worlds: World[] = [];

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
}, async (request) => {
  const { pathname } = new URL(request.url);
  const [, number, path] = API.exec(pathname) ?? REPORT.exec(pathname) ?? [];
  const world = worlds[Number(number ?? -1)];
  if (pathname === "/worlds" && request.method === "POST") {
    return Response.json(worlds.push(new World(await request.json())) - 1);
  }
  if (world === undefined) return new Response("There is no such world", { status: 404 });
  if (path === undefined) return Response.json(world.report());
  const text = await request.text();
  return await world.answer({ method: request.method, path, body: text === "" ? {} : JSON.parse(text) });
});
