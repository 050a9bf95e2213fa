import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { sleep } from "../../clock.ts";
import {
  InteractionAnsweredError,
  type InteractionContext,
  InteractionExpiredError,
  InteractionNotAnsweredError,
} from "../../interactions/mod.ts";
import { testBothWays } from "./world.ts";
import type { InteractionAnswer, SimulatedInteraction, VirtualClock } from "../../testing/mod.ts";

/** Handlers wait until a test says so: its clock is not theirs. */
let go = Promise.withResolvers<void>();

testBothWays(
  "A handler that is slow is deferred after deferAfterMs, and its answer is an edit then",
  async (context) => {
    await go.promise;
    assertEquals(context.isAnswered, true);
    const message = await context.reply({ content: "at last", tts: true }, { withResponse: true });
    assertEquals(message?.content, "at last");
    await assertRejects(() => context.reply({ content: "x" }), InteractionAnsweredError);
    await context.followUp({ content: "and more" });
  },
  async ({ discord, clock, errors }) => {
    go = Promise.withResolvers<void>();
    const used = discord.channel.useCommand("slow");
    const at = clock.now();
    const first = await clock.runUntil(used.answer());
    assertEquals([first.type, clock.now() - at], [5, 2000]);
    await clock.advance(60_000);
    go.resolve();
    assertEquals(await contentsOf(used, clock, 2), ["at last", "and more"]);
    assertEquals(discord.channel.messages.map(({ content }) => content), ["at last", "and more"]);
    assertEquals(errors, []);
  },
);

testBothWays(
  "A slow handler of a component is deferred as an edit: update() is one then, and reply() a follow-up",
  async (context) => {
    await go.promise;
    const { custom_id } = context.interaction.data ?? {};
    if (custom_id === "update") await context.update({ content: "edited" });
    else if (custom_id === "reply") await context.reply({ content: "a reply", flags: 64 });
    else await context.deferUpdate().then(() => context.editOriginal({ content: "edited itself" }));
  },
  async ({ discord, clock, errors }) => {
    for (const custom_id of ["update", "reply", "defer"]) {
      go = Promise.withResolvers<void>();
      const message = discord.channel.say(custom_id);
      const used = discord.channel.interact({ type: 3, data: { custom_id }, message });
      assertEquals((await clock.runUntil(used.answer())).type, 6);
      go.resolve();
      await clock.runUntil(used.answer());
    }
    const contents = discord.channel.messages.map(({ content }) => content);
    assertEquals(contents, ["edited", "reply", "edited itself"]);
    assertEquals(errors, []);
  },
);

testBothWays(
  "A private answer to what was deferred for everybody stays private: the deferral is deleted",
  async (context) => {
    await go.promise;
    await context.reply({ content: "a secret", flags: 64 });
  },
  async ({ discord, clock, errors }) => {
    go = Promise.withResolvers<void>();
    const used = discord.channel.useCommand("secret");
    assertEquals((await clock.runUntil(used.answer())).data, {});
    go.resolve();
    const { message } = await clock.runUntil(used.answer());
    assertEquals([message?.content, message?.flags], ["a secret", 64]);
    assertEquals(discord.channel.messages, []);
    assertEquals(errors, []);
  },
);

testBothWays(
  "autoDefer says how to defer, for each interaction",
  async (context) => {
    await go.promise;
    if (context.isAnswered) await context.reply({ content: "done", flags: 64 });
    else await assertRejects(() => context.reply({ content: "x" }), InteractionExpiredError);
  },
  async ({ discord, clock, errors }) => {
    go = Promise.withResolvers<void>();
    const hidden = discord.channel.useCommand("hidden");
    const never = discord.channel.useCommand("never");
    assertEquals((await clock.runUntil(hidden.answer())).data, { flags: 64 });
    await clock.advance(5000);
    assertEquals(never.callbackType, undefined);
    go.resolve();
    assertEquals((await clock.runUntil(hidden.answer())).data.content, "done");
    await clock.advance(0);
    assertEquals(errors.length, 1);
    assertInstanceOf(errors[0], InteractionNotAnsweredError);
  },
  { autoDefer: ({ data }) => data?.name === "hidden" ? { flags: 64 } : false, deferAfterMs: 500 },
);

testBothWays(
  "What was deferred can't become a form: the error says what to do",
  async (context) => {
    await go.promise;
    const error = await context.modal({ custom_id: "form", title: "Form", components: [] }).catch((error) =>
      error
    );
    assertInstanceOf(error, InteractionExpiredError);
    assertStringIncludes(error.message, "answer faster, or switch autoDefer off");
    await context.reply({ content: "instead" });
  },
  async ({ discord, clock, errors }) => {
    go = Promise.withResolvers<void>();
    const used = discord.channel.useCommand("form");
    await clock.runUntil(used.answer());
    go.resolve();
    assertEquals(await contentsOf(used, clock, 1), ["instead"]);
    assertEquals(errors, []);
  },
);

testBothWays(
  "An edit of what was deferred that Discord refuses can be tried again",
  async (context) => {
    await go.promise;
    await assertRejects(() => context.reply({ content: "x".repeat(2001) }), Error, "2000");
    await context.reply({ content: "shorter" });
  },
  async ({ discord, clock, errors }) => {
    go = Promise.withResolvers<void>();
    const used = discord.channel.useCommand("long");
    await clock.runUntil(used.answer());
    go.resolve();
    assertEquals(await contentsOf(used, clock, 1), ["shorter"]);
    assertEquals(errors, []);
  },
);

testBothWays(
  "Suggestions are not deferred: nobody could fill them in later",
  () => go.promise,
  async ({ discord, clock, errors }) => {
    go = Promise.withResolvers<void>();
    const used = discord.channel.interact({ type: 4, data: { name: "find" } });
    await clock.advance(10_000);
    assertEquals(used.callbackType, undefined);
    go.resolve();
    await clock.advance(0);
    assertInstanceOf(errors[0], InteractionNotAnsweredError);
  },
);

testBothWays(
  "A handler that ends without an answer is reported (InteractionNotAnsweredError)",
  () => {},
  async ({ discord, clock, errors }) => {
    discord.channel.useCommand("ping").answer().catch(() => {});
    while (errors.length === 0) await clock.advance(0);
    assertInstanceOf(errors[0], InteractionNotAnsweredError);
    assertStringIncludes(String(errors[0]), "await what answers it");
    assertEquals(clock.now() < 2000, true);
  },
);

testBothWays(
  "A handler that ends without an answer is reported, also where the library has deferred, but not one that has edited",
  async (context) => {
    await go.promise;
    if (context.interaction.data?.name === "edits") await context.editOriginal({ content: "edited" });
  },
  async ({ discord, clock, errors }) => {
    for (const [name, count] of [["edits", 0], ["ends", 1]] as const) {
      go = Promise.withResolvers<void>();
      const used = discord.channel.useCommand(name);
      assertEquals((await clock.runUntil(used.answer())).type, 5);
      go.resolve();
      await clock.advance(100);
      assertEquals(errors.length, count);
    }
    assertInstanceOf(errors[0], InteractionNotAnsweredError);
  },
);

const told: unknown[] = [];
testBothWays(
  "onError gets what a handler throws, and may still answer",
  () => {
    throw new Error("broken");
  },
  async ({ discord, clock }) => {
    told.length = 0;
    const used = discord.channel.useCommand("broken");
    assertEquals(await contentsOf(used, clock, 1), ["Something went wrong"]);
    assertEquals(told, ["Error: broken"]);
  },
  {
    onError: async (error: unknown, context?: InteractionContext) => {
      told.push(String(error));
      await context?.reply({ content: "Something went wrong", flags: 64 });
    },
  },
);

testBothWays(
  "An answer that nobody awaited counts, and is waited for",
  (context) => {
    context.reply({ content: "pong" }, { files: [{ name: "a", data: () => new Blob(["x"]).stream() }] });
  },
  async ({ discord, clock, errors }) => {
    assertEquals(await contentsOf(discord.channel.useCommand("ping"), clock, 1), ["pong"]);
    assertEquals(errors, []);
  },
);

testBothWays(
  "An answer that nobody awaited, and that was refused, is none",
  (context) => {
    context.reply({ content: "x".repeat(2001) }, { withResponse: true }).catch(() => {});
  },
  async ({ discord, clock, errors }) => {
    discord.channel.useCommand("ping").answer().catch(() => {});
    await clock.advance(100);
    assertEquals(errors.length, 1);
    assertInstanceOf(errors[0], InteractionNotAnsweredError);
  },
);

testBothWays(
  "An answer on the brink of a deferral waits for it, and is sent once",
  async (context) => {
    await sleep(world.clock, 2000);
    await context.reply({ content: "pong" });
  },
  async ({ discord, clock, errors }) => {
    world.clock = clock;
    const used = discord.channel.useCommand("brink");
    const answers: InteractionAnswer[] = [await clock.runUntil(used.answer())];
    if (answers[0]?.type === 5) answers.push(await clock.runUntil(used.answer()));
    assertEquals(answers.at(-1)?.data.content, "pong");
    assertEquals(discord.channel.messages.length, 1);
    await clock.advance(10_000);
    assertEquals(errors, []);
  },
);
const world: { clock: VirtualClock } = {} as { clock: VirtualClock };

async function contentsOf(
  used: SimulatedInteraction,
  clock: VirtualClock,
  count: number,
): Promise<unknown[]> {
  const contents: unknown[] = [];
  while (contents.length < count) contents.push((await clock.runUntil(used.answer())).data.content);
  return contents;
}
