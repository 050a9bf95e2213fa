// What the compiler knows of requests. These tests fail when they are checked, not when they run: each line below
// `@ts-expect-error` must be an error, and no other line may be one.
import { assertEquals } from "@std/assert";
import { HTTPClient, Route } from "../../http/mod.ts";
import type {
  CreateMessageBody,
  DiscordChannel,
  DiscordMessage,
  DiscordUser,
  GatewayBot,
  HTTPMethod,
  Operations,
  RequestOptions,
  RequestOptionsOf,
  ResponseOf,
  TemplateOf,
} from "../../http/mod.ts";

const channel_id = "613425648685547541";
const sent = new Route("POST", "/channels/{channel_id}/messages", { channel_id });

Deno.test("HTTPClient.request knows what an operation answers", async () => {
  await using http = answering({ id: "1", content: "pong" });
  const message: DiscordMessage = await (await http.request(sent, { json: { content: "pong" } })).json();
  assertEquals(message.content, "pong");
  const channel = await (await http.request(new Route("GET", "/channels/{channel_id}", { channel_id })))
    .json();
  const _id: string = channel.id;
  // @ts-expect-error: a channel has no such field.
  const _wrong = channel.contents;
  // @ts-expect-error: a message is no channel.
  const _channel: DiscordChannel = await (await http.request(sent)).json();
  const gateway = await (await http.request(new Route("GET", "/gateway/bot"))).json();
  const _shards: GatewayBot["shards"] = gateway.shards;
});

Deno.test("HTTPClient.request says that there may be no answer, or is none (A11.2)", async () => {
  await using http = new HTTPClient({ fetch: () => Promise.resolve(new Response(null, { status: 204 })) });
  const ids = { webhook_id: "1", webhook_token: "abc" };
  const executed = await http.request(new Route("POST", "/webhooks/{webhook_id}/{webhook_token}", ids));
  const maybe: DiscordMessage | undefined = await executed.json();
  assertEquals(maybe, undefined);
  // @ts-expect-error: without `wait` there is no message.
  const _message: DiscordMessage = maybe;
  const deleted = new Route("DELETE", "/channels/{channel_id}/messages/{message_id}", {
    channel_id,
    message_id: 1n,
  });
  const nothing: undefined = await (await http.request(deleted)).json();
  assertEquals(nothing, undefined);
});

Deno.test("HTTPClient.request checks the JSON that it knows, and lets through what it does not (A18.3)", async () => {
  await using http = answering({});
  await http.request(sent, { json: { content: "a", embeds: [{ title: "b" }], some_day: true } });
  const typed: CreateMessageBody = { content: undefined, flags: 64 };
  await http.request(sent, { json: typed });
  const loose: Record<string, unknown> = { content: "a" };
  await http.request(sent, { json: loose });
  // @ts-expect-error: the text is a string.
  await http.request(sent, { json: { content: 5 } });
  // @ts-expect-error: a title is a string.
  await http.request(sent, { json: { embeds: [{ title: 5 }] } });
  const all = new Route("PUT", "/applications/{application_id}/commands", { application_id: 1n });
  await http.request(all, { json: [{ name: "ping", description: "-" }] });
  // @ts-expect-error: a list of commands is expected.
  await http.request(all, { json: { name: "ping", description: "-" } });
  const one = new Route("POST", "/applications/{application_id}/commands", { application_id: 1n });
  // @ts-expect-error: a command needs a name.
  await http.request(one, { json: { description: "-" } });
  const callback = new Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", {
    interaction_id: "1",
    interaction_token: "abc",
  });
  await http.request(callback, {
    json: { type: 4, data: { content: "pong" } },
    query: { with_response: true },
  });
});

Deno.test("HTTPClient.request checks the query that it knows, and lets through what it does not (A18.3)", async () => {
  await using http = answering([]);
  const list = new Route("GET", "/channels/{channel_id}/messages", { channel_id });
  const messages: DiscordMessage[] = await (await http.request(list, { query: { limit: 5, after: 1n } }))
    .json();
  assertEquals(messages, []);
  await http.request(list, { query: { limit: 5, some_day: ["a", "b"], before: null } });
  await http.request(list, { query: new URLSearchParams({ limit: "5" }) });
  // @ts-expect-error: a limit is a number.
  await http.request(list, { query: { limit: new Date() } });
});

Deno.test("Route takes templates that Discord does not describe, and then nothing is checked", async () => {
  await using http = answering({ some: { day: 1 } });
  const route = new Route("GET", "/some/{day}", { day: 1n });
  const { some } = await (await http.request(route, { json: undefined, query: { any: 1 } })).json();
  assertEquals(some.day, 1);
  const method: HTTPMethod = "GET";
  const template: string = "/some/day";
  const anywhere: Route = new Route(method, template, {});
  const options: RequestOptions = {};
  const _response: Response = await http.request(anywhere, options);
  // The method counts: nobody creates a gateway.
  const _other: Response = await http.request(new Route("PUT", "/gateway"), { json: 5 });
});

Deno.test("RequestOptions fit any route, so that wrappers can pass them on", async () => {
  await using http = answering({ id: "1", content: "pong" });
  const options: RequestOptions = { json: { content: "pong" }, idempotent: true };
  const message: DiscordMessage = await (await http.request(sent, options)).json();
  assertEquals(message.content, "pong");
  const plain = (route: Route, given: RequestOptions): Promise<Response> => http.request(route, given);
  const known = <Template extends string, Method extends HTTPMethod>(
    route: Route<Template, Method>,
    given: RequestOptions,
  ): Promise<ResponseOf<Method, Template>> => http.request(route, given);
  const checked = <Template extends string, Method extends HTTPMethod>(
    route: Route<Template, Method>,
    given?: RequestOptionsOf<Method, Template>,
  ): Promise<ResponseOf<Method, Template>> => http.request(route, given);
  await plain(sent, options);
  const _known: DiscordMessage = await (await known(sent, options)).json();
  const _checked: DiscordMessage = await (await checked(sent, { json: { content: "pong" } })).json();
  // @ts-expect-error: the text is a string.
  await checked(sent, { json: { content: 5 } });
  // @ts-expect-error: what is written out is checked, also next to what is passed on.
  await http.request(sent, { ...options, json: { content: 5 } });
  // @ts-expect-error: no option has this name.
  await http.request(sent, { jsn: {} });
  const list = new Route("GET", "/channels/{channel_id}/messages", { channel_id });
  const _list: Response = await http.request(list, { ...options, json: undefined });
  // @ts-expect-error: a limit is a number.
  await http.request(list, { authentication: undefined, query: { limit: new Date() } });
});

Deno.test("Route of an operation is a Route, whose parameters the compiler checks", async () => {
  const any: Route = sent;
  const narrow: Route<"/channels/{channel_id}/messages", "POST"> = sent;
  assertEquals(any.path, narrow.path);
  // A class that stands for any request takes them all.
  await using http = answering({});
  const request = (route: Route, options?: RequestOptions): Promise<Response> => http.request(route, options);
  await request(sent, { json: 5 });
  // deno-fmt-ignore
  const wrong = [
    // @ts-expect-error: it needs a parameter.
    () => new Route("GET", "/channels/{channel_id}"),
    // @ts-expect-error: it needs another one.
    () => new Route("GET", "/channels/{channel_id}", { channel: "1" }),
    // @ts-expect-error: a number may have lost digits.
    () => new Route("GET", "/channels/{channel_id}", { channel_id: 1 }),
  ];
  assertEquals(wrong.length, 3);
});

Deno.test("TemplateOf and Operations name what there is", () => {
  const template: TemplateOf<"PATCH"> = "/users/@me";
  // @ts-expect-error: nobody patches the gateway.
  const wrong: TemplateOf<"PATCH"> = "/gateway";
  const user: Pick<Operations["GET /users/{user_id}"]["response"], "id"> = { id: "1" };
  const _id: DiscordUser["id"] = user.id;
  assertEquals([template, wrong], ["/users/@me", "/gateway"]);
});

function answering(body: unknown): HTTPClient {
  return new HTTPClient({ fetch: () => Promise.resolve(Response.json(body)) });
}
