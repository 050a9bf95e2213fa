import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  InteractionAnsweredError,
  type InteractionContext,
  InteractionExpiredError,
  InteractionNotAnsweredError,
} from "../../interactions/mod.ts";
import { BadRequestError, type HTTPFile } from "../../http/mod.ts";
import { handlerByHand, InteractionWorld, testBothWays } from "./world.ts";

const FILE: HTTPFile = { name: "a.txt", data: "file", contentType: "text/plain" };

testBothWays(
  "InteractionContext answers with a message (type 4)",
  (context) => context.reply({ content: "pong", flags: 64 }),
  async ({ discord, clock, errors }) => {
    const answer = await clock.runUntil(discord.channel.useCommand("ping").answer());
    assertEquals([answer.type, answer.data.content, answer.message?.flags], [4, "pong", 64]);
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext resolves with the message where it is asked for (A15.1, A15.5)",
  async (context) => {
    const message = await context.reply({ content: "pong" }, { withResponse: true });
    await context.followUp({ content: message?.id ?? "none" });
  },
  async ({ discord, clock, errors }) => {
    const used = discord.channel.useCommand("ping");
    const { message } = await clock.runUntil(used.answer());
    assertEquals((await clock.runUntil(used.answer())).data.content, message?.id);
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext sends files with the answer, with edits and with follow-ups (A14.3)",
  async (context) => {
    const attachments = [{ id: 0, description: "described" }];
    const stream = () => new Blob(["streamed"]).stream();
    await context.reply({ content: "one", attachments }, { files: [FILE, new File(["x"], "b.png")] });
    await context.editOriginal({ content: "two" }, { files: [{ name: "c.txt", data: stream }] });
    await context.followUp({ content: "three" }, { files: [{ name: "d.txt", data: new Uint8Array(3) }] });
  },
  async ({ discord, clock, errors }) => {
    const used = discord.channel.useCommand("files");
    const files: unknown[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { message } = await clock.runUntil(used.answer());
      files.push(message?.attachments.map(({ filename, size }) => `${filename} ${size}`));
    }
    assertEquals(files, [["a.txt 4", "b.png 1"], ["a.txt 4", "b.png 1", "c.txt 8"], ["d.txt 3"]]);
    assertEquals(used.original?.attachments[0]?.description, "described");
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext sends a file that is a stream with the answer itself",
  (context) => context.reply({}, { files: [{ name: "s.txt", data: () => new Blob(["streamed"]).stream() }] }),
  async ({ discord, clock }) => {
    const { message } = await clock.runUntil(discord.channel.useCommand("files").answer());
    assertEquals(message?.attachments.map(({ filename, size }) => [filename, size]), [["s.txt", 8]]);
  },
);

testBothWays(
  "InteractionContext defers, edits, follows up and deletes (A15.3)",
  async (context) => {
    await context.defer({ flags: 64 });
    await context.editOriginal({ content: "done" });
    await context.followUp({ content: "and more" });
    await context.deleteOriginal();
  },
  async ({ discord, clock, errors }) => {
    const used = discord.channel.useCommand("slow");
    assertEquals((await clock.runUntil(used.answer())).data, { flags: 64 });
    assertEquals((await clock.runUntil(used.answer())).data.content, "done");
    assertEquals((await clock.runUntil(used.answer())).data.content, "and more");
    await clock.advance(0);
    assertEquals(used.original, undefined);
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext edits the message of a component (types 6 and 7)",
  async (context) => {
    const { data } = context.interaction;
    if (data?.custom_id === "now") return await context.update({ content: "edited" });
    await context.deferUpdate();
    await context.editOriginal({ content: "edited later" });
  },
  async ({ discord, clock, errors }) => {
    const message = discord.channel.say("buttons");
    const press = (custom_id: string) => discord.channel.interact({ type: 3, data: { custom_id }, message });
    assertEquals((await clock.runUntil(press("now").answer())).type, 7);
    assertEquals(discord.channel.messages.map(({ content }) => content), ["edited"]);
    const later = press("later");
    assertEquals((await clock.runUntil(later.answer())).type, 6);
    await clock.runUntil(later.answer());
    assertEquals(discord.channel.messages.map(({ content }) => content), ["edited later"]);
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext suggests values and shows forms (types 8 and 9)",
  async (context) => {
    if (context.interaction.type === 4) return await context.autocomplete([{ name: "one", value: 1 }]);
    await context.modal({ custom_id: "form", title: "A form", components: [] });
  },
  async ({ discord, clock, errors }) => {
    const typing = discord.channel.interact({ type: 4, data: { name: "find", options: [] } });
    const { type, data } = await clock.runUntil(typing.answer());
    assertEquals([type, data], [8, { choices: [{ name: "one", value: 1 }] }]);
    const asked = await clock.runUntil(discord.channel.useCommand("form").answer());
    assertEquals([asked.type, asked.data.custom_id], [9, "form"]);
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext takes any callback as it is, of types it does not know as well (A18.3)",
  async (context) => {
    await context.respond({ type: 12 });
  },
  async ({ discord, clock }) => {
    const launch = discord.channel.interact({ type: 77, data: { whatever: [1] } });
    assertEquals((await clock.runUntil(launch.answer())).type, 12);
  },
);

testBothWays(
  "InteractionContext takes one answer: a second one is an InteractionAnsweredError (A15.1)",
  async (context) => {
    const [first, second] = await Promise.allSettled([
      context.reply({ content: "first" }),
      context.reply({ content: "second" }),
    ]);
    assertEquals([first.status, second.status], ["fulfilled", "rejected"]);
    const error = await assertRejects(() => context.defer(), InteractionAnsweredError, "answered already");
    assertEquals([error.interactionId, error.interactionType], [context.interaction.id, 2]);
    await assertRejects(
      () => context.autocomplete([]),
      TypeError,
      "type 2 can't be answered with a callback of type 8",
    );
    await context.followUp({ content: "still here" });
  },
  async ({ discord, clock, errors }) => {
    const used = discord.channel.useCommand("twice");
    assertEquals((await clock.runUntil(used.answer())).data.content, "first");
    assertEquals((await clock.runUntil(used.answer())).data.content, "still here");
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext refuses answers that Discord takes for other kinds only",
  async (context) => {
    for (
      const answer of [() => context.update({}), () => context.deferUpdate(), () => context.autocomplete([])]
    ) {
      await assertRejects(answer, TypeError, "can't be answered with a callback of type");
    }
    await assertRejects(() => context.reply("pong" as never), TypeError, "must be an object");
    await assertRejects(() => context.reply(null as never), TypeError, "must be an object");
    await assertRejects(
      () => context.editOriginal({}),
      InteractionNotAnsweredError,
      "call reply() or defer() first",
    );
    await assertRejects(() => context.followUp({}), InteractionNotAnsweredError);
    await assertRejects(() => context.deleteOriginal(), InteractionNotAnsweredError);
    const circle: { content: string; embeds: object[] } = { content: "x", embeds: [] };
    circle.embeds.push(circle);
    await assertRejects(() => context.reply(circle), TypeError);
    await assertRejects(
      () => context.reply({ content: "x" }, { files: [{ name: "", data: "" }] }),
      TypeError,
      "no name",
    );
    // None of it was sent: the interaction is still open.
    await context.reply({ content: "fine" });
  },
  async ({ discord, clock, errors }) => {
    const used = discord.channel.useCommand("wrong");
    assertEquals((await clock.runUntil(used.answer())).data.content, "fine");
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext rejects with an InteractionExpiredError after three seconds, and after the token's life (A15.1)",
  async (context) => {
    if (context.interaction.data?.name === "late") {
      await context.signal.throwIfAborted();
      await late.promise;
      await assertRejects(
        () => context.reply({ content: "x" }),
        InteractionExpiredError,
        "too late to answer",
      );
      await assertRejects(() => context.followUp({ content: "x" }), InteractionNotAnsweredError);
      outcomes.push("late");
      return;
    }
    await context.defer();
    await late.promise;
    await assertRejects(
      () => context.editOriginal({ content: "x" }),
      InteractionExpiredError,
      "token has expired",
    );
    assertEquals(context.signal.aborted, true);
    outcomes.push("over");
  },
  async ({ discord, clock, errors }) => {
    outcomes.length = 0;
    late = Promise.withResolvers<void>();
    const used = discord.channel.useCommand("late");
    const answer = used.answer({ timeoutMs: Infinity }).catch(() => {});
    const deferred = discord.channel.useCommand("over");
    await clock.runUntil(deferred.answer());
    await clock.advance(900_000);
    late.resolve();
    await clock.advance(0);
    assertEquals(outcomes.toSorted(), ["late", "over"]);
    assertInstanceOf(errors[0], InteractionNotAnsweredError);
    assertEquals(errors.length, 1);
    used.close();
    await answer;
  },
  { autoDefer: false },
);
const outcomes: string[] = [];
let late = Promise.withResolvers<void>();

Deno.test("InteractionContext tries again what Discord does not know yet, right after an answer over HTTP (A10.3)", async () => {
  const { onInteraction, contexts, end } = handlerByHand();
  await using world = new InteractionWorld(onInteraction);
  const { discord, clock } = world;
  // The response stays on its way for a while.
  const way = Promise.withResolvers<void>();
  await discord.setInteractionsEndpoint(async (request) => {
    const response = await world.server.fetch(request);
    if (contexts.length > 0) await way.promise;
    return response;
  });
  const used = discord.channel.useCommand("slow");
  const context = await firstOf(contexts, clock);
  await context.defer();
  const editing = context.editOriginal({ content: "done" });
  await clock.advance(1000);
  assertEquals(discord.requests.filter(({ status }) => status === 404).length, 3);
  way.resolve();
  assertEquals((await clock.runUntil(editing)).content, "done");
  assertEquals((await used.answer()).type, 5);
  end();
});

Deno.test("InteractionContext gives up on what Discord does not know after five seconds (A10.3)", async () => {
  const { onInteraction, contexts, end } = handlerByHand();
  await using world = new InteractionWorld(onInteraction);
  await world.open();
  const used = world.discord.channel.useCommand("slow");
  const context = await firstOf(contexts, world.clock);
  await context.defer();
  await world.clock.runUntil(used.answer());
  await context.deleteOriginal();
  const editing = assertRejects(() => context.editOriginal({ content: "x" }), Error, "Unknown Message");
  await world.clock.runUntil(editing);
  assertEquals(world.clock.now() <= 5000, true);
  const again = world.clock.now();
  await world.clock.advance(5000);
  await world.clock.runUntil(
    assertRejects(() => context.editOriginal({ content: "x" }), Error, "Unknown Message"),
  );
  assertEquals(world.clock.now() - again, 5000);
  end();
});

testBothWays(
  "InteractionContext sends another answer where Discord refused the first",
  async (context) => {
    await assertRejects(
      () => context.reply({ content: "x".repeat(2001) }, { withResponse: true }),
      BadRequestError,
      "2000",
    );
    assertEquals(context.isAnswered, false);
    await context.reply({ content: "shorter" });
  },
  async ({ discord, clock, errors }) => {
    const used = discord.channel.useCommand("long");
    assertEquals((await clock.runUntil(used.answer())).data.content, "shorter");
    assertEquals(errors, []);
  },
);

testBothWays(
  "InteractionContext tells what another program has answered, and what Discord has forgotten",
  async (context) => {
    await release.promise;
    await assertRejects(
      () => context.reply({ content: "x" }, { withResponse: true }),
      InteractionAnsweredError,
      "by another program",
    );
    await context.followUp({ content: "go on" });
  },
  async ({ discord, clock, errors }) => {
    release = Promise.withResolvers<void>();
    const used = discord.channel.useCommand("shared");
    await clock.advance(0);
    const body = JSON.stringify({ type: 4, data: { content: "other" } });
    const headers = { "content-type": "application/json" };
    const url = `${discord.baseUrl}/interactions/${used.id}/${used.token}/callback`;
    assertEquals((await discord.fetch(url, { method: "POST", headers, body })).status, 204);
    release.resolve();
    assertEquals((await clock.runUntil(used.answer())).data.content, "other");
    assertEquals((await clock.runUntil(used.answer())).data.content, "go on");
    assertEquals(errors, []);
  },
);
let release = Promise.withResolvers<void>();

testBothWays(
  "InteractionContext keeps the token out of errors and of what is printed",
  async (context) => {
    const shown = Deno.inspect(context, { depth: 9, showHidden: true }) + JSON.stringify(context);
    seen.push(shown);
    await context.reply({ content: "x" });
    for (
      const wrong of [
        () => context.followUp({}),
        () => context.reply({}),
        () => context.editOriginal({ content: "x".repeat(2001) }),
      ]
    ) {
      await wrong().catch((error) => seen.push(Deno.inspect(error, { depth: 9 }), String(error.stack)));
    }
  },
  async ({ discord, clock }) => {
    seen.length = 0;
    const used = discord.channel.useCommand("secret");
    await clock.runUntil(used.answer());
    await clock.advance(10_000);
    assertEquals(seen.length, 7);
    for (const text of seen) assertEquals(text.includes(used.token), false, text);
    assertStringIncludes(seen[1] ?? "", "HTTP");
  },
);
const seen: string[] = [];

Deno.test("InteractionContext ends a wait with the signal that it was given", async () => {
  const { onInteraction, contexts, end } = handlerByHand();
  await using world = new InteractionWorld(onInteraction);
  await world.open();
  const used = world.discord.channel.useCommand("ping");
  const context = await firstOf(contexts, world.clock);
  await context.reply({ content: "x" });
  await world.clock.runUntil(used.answer());
  const aborted = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => context.followUp({ content: "x" }, { signal: aborted }), Error, "enough");
  end();
});

testBothWays(
  "InteractionContext edits and deletes follow-ups, and asks for the answer (A15.3)",
  async (context) => {
    await context.reply({ content: "first" });
    const { id } = await context.followUp({ content: "second" });
    const edited = await context.editFollowUp(id, { content: "third" });
    const original = await context.getOriginal();
    seen.push(edited.content, String(edited.id === id), original.content);
    await context.deleteFollowUp(id);
    const failure = await context.editFollowUp(id, { content: "gone" }).catch((error) => error);
    seen.push(failure.name);
  },
  async ({ discord, clock, errors }) => {
    seen.length = 0;
    const used = discord.channel.useCommand("ping");
    await clock.runUntil(used.answer());
    await clock.advance(10_000);
    assertEquals([seen, errors], [["third", "true", "first", "NotFoundError"], []]);
  },
);

testBothWays(
  "InteractionContext says what is wrong with what it was given, and takes another answer then",
  async (context) => {
    const given = [
      () => context.reply("pong" as never),
      () => context.reply({ content: 1n as never }),
      () => context.reply({}, null as never),
      () => context.reply({}, { files: null as never }),
      () => context.reply({}, { files: [null as never] }),
      () => context.reply({}, { files: [{ name: "a", data: 5 as never }] }),
      () => context.reply({}, { signal: 5 as never }),
      () => context.reply({}, { withResponse: "yes" as never }),
      () => context.respond(null as never),
    ];
    for (const give of given) wrong.push(String(await give().then(() => "taken", (error) => error)));
    await context.reply({}, { signal: AbortSignal.abort(new Error("enough")) }).catch((error) =>
      wrong.push(String(error))
    );
    await context.reply({ content: "pong" });
    wrong.push(String(await context.deleteOriginal(null as never).catch((error) => error)));
  },
  async ({ discord, clock, errors }) => {
    wrong.length = 0;
    const used = discord.channel.useCommand("ping");
    assertEquals((await clock.runUntil(used.answer())).data.content, "pong");
    await clock.advance(10_000);
    assertEquals(errors, []);
    assertEquals(wrong.map((text) => text.split(":")[0]), [
      ...Array(9).fill("TypeError"),
      "Error",
      "TypeError",
    ]);
  },
);
const wrong: string[] = [];

/** The first one, once it is there. */
async function firstOf(
  contexts: readonly InteractionContext[],
  clock: InteractionWorld["clock"],
): Promise<InteractionContext> {
  for (let turn = 0; turn < 50; turn += 1) {
    const [first] = contexts;
    if (first !== undefined) return first;
    await clock.advance(0);
  }
  throw new Error("The handler was not called");
}
