// What the client costs around the sending: the answer is there at once, so that nothing else is measured.
import { BotAuthentication } from "../../http/authentication.ts";
import { HTTPClient } from "../../http/client.ts";
import { LimitedGlobalRateLimiter } from "../../http/global_rate_limiter.ts";
import { Route } from "../../http/route.ts";

const body = new TextEncoder().encode(JSON.stringify({ id: "1", channel_id: "2", content: "pong" }));
const authentication = new BotAuthentication("MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs");
const http = new HTTPClient({
  fetch: () => Promise.resolve(answer()),
  globalRateLimiter: () => new LimitedGlobalRateLimiter(100_000),
});
let index = 0;

function answer(): Response {
  return new Response(body, {
    headers: {
      "Content-Type": "application/json",
      "X-RateLimit-Limit": "100000",
      "X-RateLimit-Remaining": "99999",
      "X-RateLimit-Reset": "1790000000.123",
      "X-RateLimit-Reset-After": "1.000",
      "X-RateLimit-Bucket": "80c17d2f203122d936070c88c8d10f33",
    },
  });
}

function nextChannel(): string {
  index = (index + 1) % 50;
  return String(613_425_648_000_000_000n + BigInt(index));
}

Deno.bench("make the answer and read it", { group: "request", baseline: true }, async () => {
  await answer().json();
});

Deno.bench("GET", { group: "request" }, async () => {
  const route = new Route("GET", "/channels/{channel_id}", { channel_id: nextChannel() });
  await (await http.request(route, { authentication })).json();
});

Deno.bench("POST a message", { group: "request" }, async () => {
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: nextChannel() });
  await (await http.request(route, { authentication, json: { content: "pong" } })).json();
});
