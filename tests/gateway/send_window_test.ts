import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { SendWindow } from "../../gateway/send_window.ts";
import { seededRandom } from "./seeded_random.ts";

const INTERVALS_MS = [41_250, 45_000, 30_000, 60_000, 10_000, 7_777];

/** The instants of all sends on one connection, in ten minutes of bursts, beats, and beats that Discord asks for. */
function simulate(seed: number): number[] {
  const random = seededRandom(seed);
  const intervalMs = INTERVALS_MS[seed % INTERVALS_MS.length] ?? 41_250;
  const window = new SendWindow(intervalMs);
  const sentAt: number[] = [];
  const send = (now: number, isBeat = false): void => {
    window.record(now, { isBeat });
    sentAt.push(now);
  };
  let waiting = 0;
  let beatAt = random() * intervalMs;
  let askedAt = random() * 60_000;
  let burstAt = random() * 1_000;
  send(0); // IDENTIFY
  for (let now = 0; now < 600_000;) {
    if (beatAt <= now) {
      send(now, true);
      beatAt += intervalMs;
    }
    // Now and then, or a flood of them.
    if (askedAt <= now) {
      if (window.hasRoomForAnswer(now, { isOpened: true })) send(now);
      askedAt += random() < 0.9 ? random() * 300 : random() * 60_000;
    }
    if (burstAt <= now) {
      waiting += Math.floor(random() * 250);
      burstAt += random() * 40_000;
    }
    for (; waiting > 0 && window.roomAt(now) <= now; waiting -= 1) send(now);
    now = Math.min(beatAt, askedAt, burstAt, waiting > 0 ? window.roomAt(now) : Infinity);
  }
  return sentAt;
}

/** The most sends in any 60 seconds. */
function busiestMinute(sentAt: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [index, at] of sentAt.entries()) {
    while ((sentAt[first] ?? at) <= at - 60_000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

Deno.test("SendWindow never has more than 120 payloads in any 60 s, whatever the mix (TX-1, TX-2)", () => {
  for (let seed = 1; seed <= 120; seed += 1) {
    assertLessOrEqual(busiestMinute(simulate(seed)), 120, `seed ${seed}`);
  }
});

Deno.test("SendWindow keeps the beats of a minute and two more for what never waits (TX-3)", () => {
  for (const [intervalMs, share] of [[41_250, 116], [60_000, 117], [30_000, 116], [10_000, 112]] as const) {
    const window = new SendWindow(intervalMs);
    let sent = 0;
    for (; sent < 200 && window.roomAt(0) === 0; sent += 1) window.record(0);
    assertEquals(sent, share, `interval ${intervalMs}`);
  }
});

Deno.test("SendWindow has room again when the oldest send has left it, and not before (TX-2)", () => {
  const window = new SendWindow(41_250);
  for (let at = 0; at < 116; at += 1) window.record(at * 100);
  const roomAt = window.roomAt(20_000);
  assert(roomAt >= 60_000 && roomAt <= 61_000, `room at ${roomAt}`);
  assertEquals(window.roomAt(roomAt), roomAt);
  window.record(roomAt);
  assertEquals(window.roomAt(roomAt), roomAt + 100);
});

Deno.test("SendWindow counts what never waits against user payloads (TX-1)", () => {
  const window = new SendWindow(41_250);
  for (let sent = 0; sent < 119; sent += 1) window.record(0);
  assert(window.roomAt(1) > 60_000);
});

Deno.test("SendWindow of a new connection is empty (TX-5)", () => {
  const used = new SendWindow(41_250);
  for (let sent = 0; sent < 116; sent += 1) used.record(0);
  assert(used.roomAt(1) > 1);
  assertEquals(new SendWindow(41_250).roomAt(1), 1);
});

Deno.test("SendWindow lets at least one payload through, however fast the heart beats", () => {
  const window = new SendWindow(1);
  assertEquals(window.roomAt(5), 5);
});

Deno.test("SendWindow leaves room for our own beats and IDENTIFY, however many Discord asks for (TX-1, HB-4)", () => {
  const window = new SendWindow(41_250);
  let answered = 0;
  for (; answered < 300 && window.hasRoomForAnswer(0, { isOpened: false }); answered += 1) window.record(0);
  assertEquals(answered, 117);
  window.record(0); // IDENTIFY
  window.record(1, { isBeat: true });
  assert(!window.hasRoomForAnswer(59_000, { isOpened: true }));
  assert(window.hasRoomForAnswer(61_000, { isOpened: true }));
});

Deno.test("SendWindow lets two beats be answered although users have filled their share (TX-3, HB-4)", () => {
  const window = new SendWindow(41_250);
  while (window.roomAt(0) === 0) window.record(0);
  window.record(0, { isBeat: true });
  for (let answers = 0; answers < 2; answers += 1) {
    assert(window.hasRoomForAnswer(0, { isOpened: true }));
    window.record(0);
  }
  assert(!window.hasRoomForAnswer(0, { isOpened: true }));
});
