import { assertEquals } from "@std/assert";
import { Heartbeat } from "../../gateway/heartbeat.ts";

const INTERVAL_MS = 40_000;

/** A heart whose first beat, at 20 s, has been sent and not answered. */
function createUnanswered(): Heartbeat {
  const heart = new Heartbeat(INTERVAL_MS, 0.5, 0);
  heart.due(20_000);
  heart.sent(20_000);
  return heart;
}

Deno.test("Heartbeat beats first after a random part of the interval, then every interval (HB-1)", () => {
  for (const jitter of [0, 0.25, 0.999]) {
    const heart = new Heartbeat(INTERVAL_MS, jitter, 1_000);
    const firstAt = 1_000 + INTERVAL_MS * jitter;
    assertEquals(heart.dueAt, firstAt);
    assertEquals(heart.due(firstAt), "send");
    heart.sent(firstAt);
    assertEquals(heart.dueAt, firstAt + INTERVAL_MS);
  }
});

Deno.test("Heartbeat keeps its rhythm when a beat is some milliseconds late (HB-1)", () => {
  const heart = new Heartbeat(INTERVAL_MS, 0.5, 0);
  assertEquals(heart.due(20_040), "send");
  heart.sent(20_040);
  heart.acknowledged(20_090);
  assertEquals(heart.dueAt, 60_000);
});

Deno.test("Heartbeat goes on as long as its beats are answered", () => {
  const heart = new Heartbeat(INTERVAL_MS, 0, 0);
  for (let at = 0; at < 100 * INTERVAL_MS; at += INTERVAL_MS) {
    assertEquals(heart.due(at), "send");
    heart.sent(at);
    heart.heard(at + 50);
    heart.acknowledged(at + 50);
  }
});

Deno.test("Heartbeat looks twice before it calls a silent connection dead (HB-5, HB-7)", () => {
  const heart = createUnanswered();
  assertEquals(heart.due(60_000), "wait");
  assertEquals(heart.dueAt, 61_000);
  assertEquals(heart.due(61_000), "dead");
});

Deno.test("Heartbeat believes an answer that came while it doubted (HB-7)", () => {
  const heart = createUnanswered();
  assertEquals(heart.due(60_000), "wait");
  heart.heard(60_001);
  heart.acknowledged(60_001);
  assertEquals(heart.due(61_000), "send");
});

Deno.test("Heartbeat doubts anew for each silence (HB-7)", () => {
  const heart = createUnanswered();
  assertEquals(heart.due(60_000), "wait");
  heart.heard(60_500);
  heart.acknowledged(60_500);
  assertEquals(heart.due(61_000), "send");
  heart.sent(61_000);
  assertEquals(heart.due(101_000), "wait");
  assertEquals(heart.due(102_000), "dead");
});

Deno.test("Heartbeat takes any message as a sign of life, but only for two beats (HB-6)", () => {
  const heart = createUnanswered();
  heart.heard(30_000);
  assertEquals(heart.due(60_000), "send");
  heart.sent(60_000);
  heart.heard(70_000);
  assertEquals(heart.due(100_000), "dead");
});

Deno.test("Heartbeat does not take what came before the beat as a sign of life (HB-6)", () => {
  const heart = new Heartbeat(INTERVAL_MS, 0.5, 0);
  heart.heard(19_999);
  assertEquals(heart.due(20_000), "send");
  heart.sent(20_000);
  assertEquals(heart.due(60_000), "wait");
  assertEquals(heart.due(61_000), "dead");
});

Deno.test("Heartbeat takes an answer that nobody waits for (HB-8)", () => {
  const heart = new Heartbeat(INTERVAL_MS, 0.5, 0);
  heart.acknowledged(1_000);
  assertEquals(heart.latencyMs, undefined);
  assertEquals(heart.due(20_000), "send");
  heart.sent(20_000);
  heart.acknowledged(20_030);
  heart.acknowledged(25_000);
  assertEquals(heart.latencyMs, 30);
  assertEquals(heart.due(60_000), "send");
});

Deno.test("Heartbeat measures latency from the beat to its answer (HB-9)", () => {
  const heart = new Heartbeat(INTERVAL_MS, 0.5, 0);
  assertEquals(heart.latencyMs, undefined);
  heart.sent(20_000);
  assertEquals(heart.latencyMs, undefined);
  heart.acknowledged(20_120);
  assertEquals(heart.latencyMs, 120);
  heart.sent(60_000);
  assertEquals(heart.latencyMs, 120);
  heart.acknowledged(60_080);
  assertEquals(heart.latencyMs, 80);
});

Deno.test("Heartbeat gives a connection five seconds after the machine has slept (HB-10)", () => {
  const heart = createUnanswered();
  heart.acknowledged(20_100);
  assertEquals(heart.due(3_600_000), "send"); // Due at 60 s: asleep for an hour.
  heart.sent(3_600_000);
  assertEquals(heart.dueAt, 3_605_000);
  assertEquals(heart.due(3_605_000), "wait");
  assertEquals(heart.due(3_606_000), "dead");
});

Deno.test("Heartbeat asks once more after sleep, also when the last beat was not answered (HB-10)", () => {
  const heart = createUnanswered();
  assertEquals(heart.due(3_600_000), "send");
  heart.sent(3_600_000);
  heart.heard(3_600_200);
  heart.acknowledged(3_600_200);
  assertEquals(heart.due(3_605_000), "send");
});

Deno.test("Heartbeat does not hold beats from before the sleep against the connection (HB-6, HB-10)", () => {
  const heart = createUnanswered();
  heart.due(3_600_000);
  heart.sent(3_600_000);
  heart.heard(3_601_000); // Not the answer yet, but a sign of life.
  assertEquals(heart.due(3_605_000), "send");
});
