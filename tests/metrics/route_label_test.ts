import { assertEquals } from "@std/assert";
import { routeLabel } from "../../metrics/route_label.ts";

Deno.test("routeLabel leaves templates as they are", () => {
  for (
    const template of [
      "/channels/{channel_id}/messages",
      "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
      "/oauth2/applications/@me",
      "/guilds/{guild_id}/widget.json",
      "/guilds/{guild_id}/voice-states/@me",
      "",
    ]
  ) assertEquals(routeLabel(template), template);
});

Deno.test("routeLabel leaves out ids and tokens that somebody has written into a template", () => {
  const token = "aBcDeF-0123456789_aBcDeF0123456789aBcDeF0123456789aBcDeF0123456789aB";
  assertEquals(routeLabel(`/webhooks/613425648685547541/${token}?wait=${token}`), "/webhooks/{id}/{other}");
  assertEquals(routeLabel(`/a/${"b/".repeat(500)}`).length, 120);
});
