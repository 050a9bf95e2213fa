// What it costs to say what is asked for.
import { Route } from "../../http/route.ts";

const channel_id = "613425648685547541";
const message_id = "1098765432109876543";

Deno.bench("a route without parameters", { group: "route", baseline: true }, () => {
  new Route("GET", "/gateway/bot");
});

Deno.bench("a route with one", { group: "route" }, () => {
  new Route("POST", "/channels/{channel_id}/messages", { channel_id });
});

Deno.bench("a route with three, one of them encoded", { group: "route" }, () => {
  const parameters = { channel_id, message_id, emoji_name: "🔥" };
  new Route("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me", parameters);
});

const route = new Route("DELETE", "/channels/{channel_id}/messages/{message_id}", { channel_id, message_id });
Deno.bench("the key of a limit that depends on age", { group: "key" }, () => {
  route.keyAt(1_790_000_000_000);
});
