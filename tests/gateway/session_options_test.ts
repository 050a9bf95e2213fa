import { assertEquals } from "@std/assert";
import { sessionOptions } from "../../gateway/session_options.ts";

function properties(): { readonly os: string; readonly browser: string; readonly device: string } {
  return sessionOptions({
    shardId: 0,
    shardCount: 1,
    token: "a.b.c",
    intents: 0,
    gatewayUrl: "wss://gateway.discord.gg",
  }).properties;
}

/** The properties of IDENTIFY where the runtime says that it runs on `platform`. */
function propertiesOn(platform: string | undefined): ReturnType<typeof properties> {
  Object.defineProperty(globalThis.navigator, "platform", { value: platform, configurable: true });
  try {
    return properties();
  } finally {
    Reflect.deleteProperty(globalThis.navigator, "platform");
  }
}

Deno.test("sessionOptions names the system that this runs on, and the library (ID-11)", () => {
  const systems: readonly string[] = ["linux", "darwin", "windows"];
  const { os } = Deno.build;
  const expected = systems.includes(os) ? os : properties().os;
  assertEquals(properties(), { os: expected, browser: "nextcore", device: "nextcore" });
});

Deno.test("sessionOptions knows the systems by what the runtimes call them, and invents none (ID-11)", () => {
  const names = {
    "Linux x86_64": "linux",
    "Linux armv8l": "linux",
    linux: "linux",
    MacIntel: "darwin",
    "darwin": "darwin",
    Win32: "windows",
    "": "unknown",
  };
  for (const [platform, os] of Object.entries(names)) assertEquals(propertiesOn(platform).os, os, platform);
  assertEquals(propertiesOn(undefined).os, "unknown");
});
