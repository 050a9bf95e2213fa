import { assertEquals } from "@std/assert";
import { liveThrough } from "./simulation.ts";

for (let seed = 1; seed <= 12; seed += 1) {
  Deno.test(`A fleet lives through trouble: one owner, turns apart, each event once in its stream and handled (seed ${seed})`, async () => {
    const { wrongs, story, sent, handled } = await liveThrough(seed);
    assertEquals(wrongs, [], `${handled} of ${sent} handled\n${story.join("\n")}`);
  });
}
