import { assertEquals, assertStringIncludes } from "@std/assert";
import { HTTPClient } from "../../http/mod.ts";
import { InteractionServer } from "../../interactions/mod.ts";
import { signedRequest, Simulator } from "../../testing/mod.ts";

const { state } = await Deno.permissions.query({ name: "net", host: "127.0.0.1" });
const isAllowed = state === "granted";
const reason = isAllowed ? "" : " (skipped: needs permission for the network on 127.0.0.1, use deno test -P)";

Deno.test({
  name: `InteractionServer runs under Deno.serve, and outlives those who send half of a request${reason}`,
  ignore: !isAllowed,
  fn: async () => {
    await using discord = Simulator.inMemory();
    await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
    const errors: unknown[] = [];
    await using interactions = new InteractionServer({
      publicKey: discord.publicKey,
      http,
      readTimeoutMs: 50,
      onInteraction: (context) =>
        context.reply({ content: "pong" }, { files: [{ name: "a.txt", data: "file" }] }),
      onError: (error) => void errors.push(error),
    });
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    await using server = Deno.serve(options, interactions.fetch);
    const { port } = server.addr;
    const url = `http://127.0.0.1:${port}/interactions`;

    const { headers } = await signedRequest("{}");
    const head = ["POST / HTTP/1.1", `Host: 127.0.0.1:${port}`, "Content-Length: 2", "Connection: close"];
    const lines = [...head, ...Array.from(headers, ([name, value]) => `${name}: ${value}`)];
    for (const isCut of [true, false]) {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      await conn.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n{`));
      if (isCut) continue;
      const answer = new Uint8Array(1000);
      const count = await conn.read(answer) ?? 0;
      assertStringIncludes(new TextDecoder().decode(answer.subarray(0, count)), "HTTP/1.1 408");
    }

    await discord.setInteractionsEndpoint(url);
    const { message } = await discord.channel.useCommand("ping").answer();
    assertEquals([message?.content, message?.attachments[0]?.size], ["pong", 4]);
    assertEquals(errors, []);
  },
});
