import { assertEquals, assertRejects } from "@std/assert";
import { signedRequest, Simulator, VirtualClock, watchCrypto } from "../../testing/mod.ts";

/** A bot in its plainest form: verifies by WebCrypto, and answers what it is told to. */
function bot(publicKey: string, answer: (payload: Record<string, unknown>) => Response | Promise<Response>) {
  const bytes = Uint8Array.from(publicKey.match(/../g) ?? [], (byte) => parseInt(byte, 16));
  return async (request: Request): Promise<Response> => {
    const key = await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
    const signature = request.headers.get("X-Signature-Ed25519")?.match(/../g) ?? [];
    const stamp = new TextEncoder().encode(request.headers.get("X-Signature-Timestamp") ?? "");
    const body = await request.bytes();
    const signed = Uint8Array.from([...stamp, ...body]);
    const given = Uint8Array.from(signature, (byte) => parseInt(byte, 16));
    if (!await crypto.subtle.verify("Ed25519", key, given, signed)) {
      return new Response(null, { status: 401 });
    }
    const payload = JSON.parse(new TextDecoder().decode(body));
    return payload.type === 1 && payload.event === undefined ? Response.json({ type: 1 }) : answer(payload);
  };
}

Deno.test("Simulator posts interactions to an endpoint, signed, and not over the gateway (A15.5)", async () => {
  await using discord = Simulator.inMemory();
  const seen: unknown[] = [];
  await discord.setInteractionsEndpoint(bot(discord.publicKey, (payload) => {
    seen.push(payload.type);
    return Response.json({ type: 4, data: { content: "pong" } });
  }));
  const answer = await discord.channel.useCommand("ping").answer();
  assertEquals([answer.type, answer.message?.content, seen], [4, "pong", [2]]);
  assertEquals((await discord.channel.nextMessage()).content, "pong");
});

Deno.test("Simulator refuses an endpoint that takes wrong signatures, or answers no ping (A15.5)", async () => {
  await using discord = Simulator.inMemory();
  const pong = () => Response.json({ type: 1 });
  await assertRejects(
    () => discord.setInteractionsEndpoint(pong),
    TypeError,
    "a wrong signature with 200, not with 401",
  );
  const never = () => new Response(null, { status: 401 });
  await assertRejects(() => discord.setInteractionsEndpoint(never), TypeError, "a ping with 401");
  const wrong = () => Response.json({ type: 4 });
  await assertRejects(() => discord.setInteractionsEndpoint(wrong), TypeError, "a ping with 200");
  await assertRejects(
    () => discord.setWebhookEventsEndpoint(pong),
    TypeError,
    "a ping with 200, not with 204",
  );
  const open = () => new Response(null, { status: 204 });
  await assertRejects(() => discord.setWebhookEventsEndpoint(open), TypeError, "a wrong signature with 204");
  await assertRejects(() => discord.sendWebhookEvent("X"), TypeError, "call setWebhookEventsEndpoint first");
});

Deno.test("Simulator tells why an interaction got no answer from its endpoint", async () => {
  using watch = watchCrypto();
  const clock = new VirtualClock({ settle: watch.settle });
  await using discord = Simulator.inMemory({ clock });
  const answers: Record<string, () => Response | Promise<Response>> = {
    status: () => new Response("out of order", { status: 500 }),
    json: () => new Response("{", { headers: { "content-type": "application/json" } }),
    type: () => Response.json({ type: 99 }),
    thrown: () => Promise.reject(new Error("broken")),
    slow: () => new Promise(() => {}),
  };
  await discord.setInteractionsEndpoint(bot(discord.publicKey, ({ data }) => {
    const { name }: { name?: string } = data ?? {};
    return answers[name ?? ""]?.() ?? new Response(null, { status: 404 });
  }));
  const expected = {
    status: "answered with 500: out of order",
    json: "invalid JSON",
    type: "Invalid Form Body",
    thrown: "broken",
    slow: "did not answer within 3000 ms",
  };
  for (const [name, message] of Object.entries(expected)) {
    const used = discord.channel.useCommand(name);
    await clock.runUntil(assertRejects(() => used.answer(), Error, message));
    assertEquals(used.callbackType, undefined);
  }
});

Deno.test("Simulator waits for the callback where an endpoint answers 202, and takes files in a response (A14.3, A15.5)", async () => {
  await using discord = Simulator.inMemory();
  await discord.setInteractionsEndpoint(bot(discord.publicKey, async ({ id, token, data }) => {
    const { name }: { name?: string } = data ?? {};
    const json = JSON.stringify({ type: 4, data: { content: name } });
    if (name === "file") {
      const form = new FormData();
      form.set("payload_json", json);
      form.set("files[0]", new Blob(["text"]), "a.txt");
      return new Response(form);
    }
    const headers = { "content-type": "application/json" };
    const url = `${discord.baseUrl}/interactions/${id}/${token}/callback`;
    const answer = await discord.fetch(url, { method: "POST", headers, body: json });
    assertEquals(answer.status, 204);
    return new Response(null, { status: 202 });
  }));
  assertEquals((await discord.channel.useCommand("separate").answer()).message?.content, "separate");
  const { message } = await discord.channel.useCommand("file").answer();
  assertEquals(message?.attachments.map(({ filename, size }) => [filename, size]), [["a.txt", 4]]);
});

Deno.test("Simulator knows no follow-up to what an endpoint has not answered yet (A10.3)", async () => {
  await using discord = Simulator.inMemory();
  const statuses: number[] = [];
  const follow = async (token: unknown): Promise<number> => {
    const url = `${discord.baseUrl}/webhooks/${discord.bot.applicationId}/${token}`;
    const headers = { "content-type": "application/json" };
    return (await discord.fetch(url, { method: "POST", headers, body: '{"content":"more"}' })).status;
  };
  await discord.setInteractionsEndpoint(bot(discord.publicKey, async ({ token }) => {
    statuses.push(await follow(token));
    return Response.json({ type: 5 });
  }));
  const used = discord.channel.useCommand("eager");
  assertEquals((await used.answer()).type, 5);
  statuses.push(await follow(used.token));
  assertEquals(statuses, [404, 200]);
});

Deno.test("signedRequest signs for the time it is told", async () => {
  const request = await signedRequest("{}", { signedAt: 1_767_225_600_999, url: "https://bot.invalid/x" });
  assertEquals(request.headers.get("X-Signature-Timestamp"), "1767225600");
  assertEquals([request.method, request.url, await request.text()], ["POST", "https://bot.invalid/x", "{}"]);
});

Deno.test("channel.interact uses components and forms as well, and edits follow them", async () => {
  await using discord = Simulator.inMemory();
  await discord.setInteractionsEndpoint(bot(discord.publicKey, ({ message, data, member }) => {
    const { custom_id }: { custom_id?: string } = data ?? {};
    assertEquals(typeof message, "object");
    assertEquals(typeof member, "object");
    return Response.json({ type: 7, data: { content: custom_id } });
  }));
  const message = discord.channel.say("before");
  const used = discord.channel.interact({
    type: 3,
    data: { custom_id: "after", component_type: 2 },
    message,
  });
  assertEquals((await used.answer()).type, 7);
  assertEquals(discord.channel.messages.map(({ content }) => content), ["after"]);
  assertEquals(used.original?.id, message.id);
});

Deno.test("Simulator.setInteractionsEndpoint and signedRequest say what they need", async () => {
  await using discord = Simulator.inMemory();
  for (const target of [5, "nonsense", {}]) {
    await assertRejects(
      () => discord.setInteractionsEndpoint(target as never),
      TypeError,
      "An endpoint must be a URL",
    );
  }
  await assertRejects(() => signedRequest("{}", { signedAt: NaN }), RangeError, "signedAt is NaN");
  await assertRejects(() => signedRequest(null as never), TypeError, "must be text or bytes");
});
