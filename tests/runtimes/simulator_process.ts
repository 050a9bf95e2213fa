/**
 * A process that runs simulators for those who can't: other runtimes, and pages. It prints its address as its first line.
 *
 * - `POST /control` takes `{ call, … }`: `start` gives a simulator's addresses, the others ask one for something.
 * - `/api/<id>/…` passes requests on to a simulator's API: the same origin as the page, so that no CORS is in the way.
 * - `/package/…` and `/page/…` are files: the npm package, and what the folder of the second argument holds.
 *
 * @module
 */
import { type RateLimitRule, Simulator } from "../../testing/mod.ts";

/** What `start` gives. */
export interface SimulatorPlace {
  readonly id: number;
  readonly token: string;
  readonly baseUrl: string;
  readonly gatewayUrl: string;
  readonly channelId: string;
}

type Values = Readonly<Record<string, unknown>>;

const MEDIA_TYPES: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript" };
const simulators: Simulator[] = [];

/** What can be asked of a simulator, after its start. */
const CALLS: Readonly<Record<string, (discord: Simulator, values: Values) => unknown>> = {
  say: ({ channel }, { content }) => channel.say(String(content)),
  drop: ({ faults }) => faults.dropConnections(),
  silence: ({ faults }) => faults.loseRequest({ isSilent: true }),
  limit: (discord, { route, rule }) => discord.setRateLimit(String(route), ruleOf(rule)),
  messages: ({ channel }) => channel.messages,
  requests: ({ requests }) => requests,
  connections: ({ connections }) =>
    connections.map(({ url, isOpen, closeCode }) => ({ url, isOpen, closeCode })),
  sessions: ({ sessions }) => sessions.length,
  close: (discord) => discord.close(),
};

async function control(request: Request): Promise<Response> {
  const { call, id, ...values }: Values = await request.json();
  if (call === "start") return Response.json(await start());
  const discord = simulators[Number(id)];
  const asked = CALLS[String(call)];
  if (discord === undefined || asked === undefined) return new Response("No such call", { status: 400 });
  return Response.json(await asked(discord, values) ?? null);
}

async function start(): Promise<SimulatorPlace> {
  const discord = await Simulator.start();
  const { token, baseUrl, gatewayUrl, channel } = discord;
  return { id: simulators.push(discord) - 1, token, baseUrl, gatewayUrl, channelId: channel.id };
}

function ruleOf(value: unknown): RateLimitRule {
  const { limit, windowMs } = Object(value);
  return { limit: Number(limit), windowMs: Number(windowMs), kind: "fixed" };
}

async function passOn(request: Request, id: string, path: string): Promise<Response> {
  const discord = simulators[Number(id)];
  if (discord === undefined) return new Response("No such simulator", { status: 404 });
  const { search } = new URL(request.url);
  const body = request.body === null ? null : await request.bytes();
  const answer = await fetch(`${discord.baseUrl}${path}${search}`, {
    method: request.method,
    headers: request.headers,
    body,
    redirect: "manual",
  });
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}

async function file(folder: string | undefined, name: string): Promise<Response> {
  if (folder === undefined || name.includes("..")) return new Response("No such file", { status: 404 });
  try {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    const type = MEDIA_TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain";
    return new Response(text, { headers: { "content-type": type } });
  } catch {
    return new Response("No such file", { status: 404 });
  }
}

const [packageFolder, pageFolder] = Deno.args;
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
}, (request) => {
  const { pathname } = new URL(request.url);
  const [, place = "", rest = ""] = /^\/(\w+)\/?(.*)$/.exec(pathname) ?? [];
  if (place === "control") return control(request);
  if (place === "package") return file(packageFolder, rest);
  if (place === "page") return file(pageFolder, rest);
  const [, id, path] = /^(\d+)(\/.*)$/.exec(rest) ?? [];
  if (place === "api" && id !== undefined && path !== undefined) return passOn(request, id, path);
  return new Response("Nothing is here", { status: 404 });
});
