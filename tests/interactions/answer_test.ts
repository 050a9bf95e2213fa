import { assertEquals, assertRejects } from "@std/assert";
import { NoAnswerError, NotFoundError } from "../../http/mod.ts";
import { Answer, type Callback } from "../../interactions/answer.ts";
import { InteractionAnsweredError, InteractionExpiredError } from "../../interactions/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";

const callback: Callback = {
  body: { type: 4, data: { content: "pong" } },
  files: [],
  withResponse: false,
  maxWaitMs: 1000,
  signal: undefined,
};
const deferral: Callback = { ...callback, body: { type: 5, data: { flags: 64 } } };
const route = { method: "POST", template: "/interactions/{interaction_id}/{interaction_token}/callback" };

Deno.test("Answer waits for a deferral that is on its way, and goes on from it", async () => {
  const { answer, sent } = world();
  const deferring = answer.defer(deferral);
  const giving = answer.give(callback);
  assertEquals(sent.map(({ body }) => body.type), [5]);
  sent[0]?.resolve();
  await deferring;
  assertEquals(await giving, { type: "deferred", deferral: { type: 5, isEphemeral: true } });
  await assertRejects(() => answer.give(callback), InteractionAnsweredError);
});

Deno.test("Answer is sent where the deferral on its way is refused", async () => {
  const { answer, sent } = world();
  const deferring = assertRejects(() => answer.defer(deferral), TypeError);
  const giving = answer.give(callback);
  sent[0]?.reject(new TypeError("refused"));
  await deferring;
  sent[1]?.resolve();
  assertEquals((await giving).type, "sent");
});

Deno.test("Answer is not given twice where it may have arrived, and given again where it has not", async () => {
  for (const mayHaveBeenExecuted of [true, false]) {
    const { answer, sent } = world();
    const giving = answer.give(callback);
    sent[0]?.reject(new NoAnswerError({ ...route, mayHaveBeenExecuted }, "the connection failed"));
    await assertRejects(() => giving, NoAnswerError);
    assertEquals(answer.isGiven, mayHaveBeenExecuted);
    const again = answer.give(callback);
    sent[1]?.resolve();
    if (mayHaveBeenExecuted) await assertRejects(() => again, InteractionAnsweredError);
    else assertEquals((await again).type, "sent");
  }
});

Deno.test("Answer takes a deferral that may have arrived for one that has", async () => {
  const { answer, sent } = world();
  const deferring = answer.defer(deferral);
  sent[0]?.reject(new NoAnswerError({ ...route, mayHaveBeenExecuted: true }, "the connection failed"));
  await assertRejects(() => deferring, NoAnswerError);
  assertEquals((await answer.give(callback)).type, "deferred");
});

Deno.test("Answer has expired where Discord does not know the interaction any more (10062)", async () => {
  const { answer, sent } = world();
  const giving = answer.give(callback);
  sent[0]?.reject(
    new NotFoundError({ route, status: 404, body: { code: 10062, message: "Unknown interaction" } }),
  );
  const error = await assertRejects(() => giving, InteractionExpiredError, "came too late for Discord");
  assertEquals((error as Error).cause instanceof NotFoundError, true);
  await assertRejects(
    () => answer.give(callback),
    InteractionExpiredError,
    "Discord does not know it any more",
  );
  assertEquals(answer.isGiven, false);
});

Deno.test("Answer has expired three seconds after the interaction came (A15.1)", async () => {
  const { answer, sent, clock } = world();
  await clock.advance(2999);
  assertEquals(answer.isGiven, false);
  await clock.advance(1);
  await assertRejects(() => answer.give(callback), InteractionExpiredError, "3000 ms have passed");
  assertEquals(sent.length, 0);
});

interface Sent extends Callback {
  resolve(): void;
  reject(error: unknown): void;
}

function world(): { answer: Answer; sent: Sent[]; clock: VirtualClock } {
  const clock = new VirtualClock();
  const sent: Sent[] = [];
  const answer = new Answer({
    name: { id: "1", type: 2 },
    receivedAt: clock.now(),
    clock,
    sender: {
      transport: "gateway",
      send: (given) => {
        const { promise, resolve, reject } = Promise.withResolvers<undefined>();
        sent.push({ ...given, resolve: () => resolve(undefined), reject });
        return promise;
      },
    },
  });
  return { answer, sent, clock };
}
