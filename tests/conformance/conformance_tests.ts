import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { checkConformance, type ConformanceCase } from "../../testing/conformance/conformance_case.ts";

/** A test for each case: `what` is one of our own, and does what is asked. */
export function testConformance(what: string, cases: readonly ConformanceCase[], reason = ""): void {
  assert(cases.length > 0);
  for (const { name, run } of cases) {
    Deno.test({ name: `${what}: ${name}${reason}`, ignore: reason !== "", fn: run });
  }
}

/** An implementation that is broken on purpose: the complaint of some case contains `complaint`. */
export interface Fault {
  readonly name: string;
  readonly cases: readonly ConformanceCase[];
  readonly complaint: string;
}

/** A test that each fault is noticed, by what rule and how, and that each case notices some fault. */
export function testFaults(seam: string, faults: readonly Fault[]): void {
  Deno.test(`The cases for ${seam} notice what is broken on purpose`, async (test) => {
    const asleep = new Set(faults.flatMap(({ cases }) => cases.map(({ name }) => name)));
    for (const { name, cases, complaint } of faults) {
      await test.step(`one that ${name}`, async () => {
        const complaints = await assertRejects(() => checkConformance(cases), Error);
        assertStringIncludes(complaints.message, complaint);
        const awake = cases.filter(({ name }) => complaints.message.includes(`- ${name}: `));
        // Where nothing works at all, a complaint proves little.
        if (awake.length < cases.length) { for (const { name } of awake) asleep.delete(name); }
      });
    }
    assertEquals([...asleep], [], "these cases never complain");
  });
}

/** Goes through all cases at once, where time can only be waited for; each has an implementation of its own. */
export async function checkTogether(cases: readonly ConformanceCase[]): Promise<void> {
  assert(cases.length > 0);
  const results = await Promise.allSettled(cases.map(({ run }) => run()));
  const failures = results.filter((result) => result.status === "rejected");
  assertEquals(failures.map(({ reason }) => String(reason)), []);
}
