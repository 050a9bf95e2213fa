import { assertEquals } from "@std/assert";
import { deferralOf, isAnswerAllowed } from "../../interactions/interaction_kinds.ts";

Deno.test("isAnswerAllowed knows which answers Discord takes, and leaves the rest to Discord (A18.3)", () => {
  const message = {};
  const answers = [4, 5, 6, 7, 8, 9, 12, 13];
  const allowed = (interaction: { type: number; message?: object }): number[] =>
    answers.filter((answer) => isAnswerAllowed(interaction, answer));
  assertEquals(allowed({ type: 2 }), [4, 5, 9, 12]);
  assertEquals(allowed({ type: 3, message }), [4, 5, 6, 7, 9, 12]);
  assertEquals(allowed({ type: 4 }), [8]);
  // A form that a command has shown has no message to edit.
  assertEquals(allowed({ type: 5 }), [4, 5, 12]);
  assertEquals(allowed({ type: 5, message }), [4, 5, 6, 7, 12]);
  assertEquals(allowed({ type: 6 }), [13]);
  assertEquals(allowed({ type: 99 }), answers);
});

Deno.test("deferralOf defers as an edit where there is a message, else as a message, and not at all what can't be", () => {
  const message = {};
  assertEquals(deferralOf({ type: 2 }), 5);
  assertEquals(deferralOf({ type: 3, message }), 6);
  assertEquals(deferralOf({ type: 5 }), 5);
  assertEquals(deferralOf({ type: 5, message }), 6);
  for (const type of [1, 4, 6, 99]) assertEquals(deferralOf({ type }), undefined);
});
