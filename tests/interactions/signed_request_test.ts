import { assertEquals } from "@std/assert";
import { SignatureVerifier } from "../../interactions/signature.ts";
import { readSignedRequest, type SignedRequestLimits } from "../../interactions/signed_request.ts";
import { signedRequest, Simulator, VirtualClock, watchCrypto } from "../../testing/mod.ts";

const BODY = '{"type":1}';
const LIMITS = { maxBodyBytes: 1000, readTimeoutMs: 2000, maxAgeMs: 900_000 };

Deno.test("readSignedRequest gives the bytes as they came, however they were cut", async () => {
  await using world = new World();
  const bytes = new TextEncoder().encode(BODY);
  for (const size of [1, 3, bytes.length]) {
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, index) => bytes.slice(index * size, (index + 1) * size),
    );
    const read = await world.read(await world.signed(BODY, ReadableStream.from(chunks)));
    assertEquals(read, BODY);
  }
});

Deno.test("readSignedRequest takes POST only, and JSON only", async () => {
  await using world = new World();
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]) {
    const response = await world.refusal(new Request("http://bot.invalid", { method }));
    assertEquals([response.status, response.headers.get("allow")], [405, "POST"], method);
  }
  for (
    const [type, status] of [
      ["text/plain", 415],
      ["application/jsonp", 415],
      ["multipart/form-data; boundary=x", 415],
      ["application/json", 401],
      ["Application/JSON; charset=utf-8", 401],
    ] as const
  ) {
    const request = new Request("http://bot.invalid", {
      method: "POST",
      headers: { "content-type": type },
      body: "{}",
    });
    assertEquals((await world.refusal(request)).status, status, type);
  }
});

Deno.test("readSignedRequest stops reading at maxBodyBytes, announced or not", async () => {
  await using world = new World();
  const big = "x".repeat(1001);
  assertEquals((await world.refusal(await world.signed(big))).status, 413);
  const announced = await world.signed(BODY, stalled());
  announced.headers.set("Content-Length", "1001");
  assertEquals((await world.refusal(announced)).status, 413);
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(100));
    },
  });
  assertEquals((await world.refusal(await world.signed(BODY, endless))).status, 413);
  assertEquals(pulled < 20, true, `${pulled} chunks`);
  const fits = "x".repeat(1000);
  assertEquals(await world.read(await world.signed(fits)), fits);
});

Deno.test("readSignedRequest waits readTimeoutMs for the body, and cancels it then", async () => {
  await using world = new World();
  let cancelled = 0;
  const slow = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(BODY.slice(0, 3))),
    cancel: () => void (cancelled += 1),
  });
  const response = await world.clock.runUntil(world.refusal(await world.signed(BODY, slow)));
  assertEquals([response.status, world.clock.now(), cancelled], [408, 2000, 1]);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("readSignedRequest answers 400 to a body that breaks off", async () => {
  await using world = new World();
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new Error("connection reset")),
  });
  assertEquals((await world.refusal(await world.signed(BODY, broken))).status, 400);
});

Deno.test("readSignedRequest refuses signatures that are older or newer than maxAgeMs (401)", async () => {
  await using world = new World();
  const wall = world.clock.wallNow();
  const at = async (ms: number): Promise<Request> => await signedRequest(BODY, { signedAt: wall + ms });
  assertEquals(await world.read(await at(0)), BODY);
  assertEquals(await world.read(await at(-900_000)), BODY);
  assertEquals(await world.read(await at(900_000)), BODY);
  assertEquals((await world.refusal(await at(-901_000))).status, 401);
  assertEquals((await world.refusal(await at(901_000))).status, 401);
  world.limits = { ...world.limits, maxAgeMs: Infinity };
  assertEquals(await world.read(await at(-1_000_000_000)), BODY);
});

Deno.test("readSignedRequest does not read what it refuses by its headers", async () => {
  await using world = new World();
  let cancelled = 0;
  const body = new ReadableStream({ cancel: () => void (cancelled += 1) }, { highWaterMark: 0 });
  const request = new Request("http://bot.invalid", { method: "POST", body });
  assertEquals((await world.refusal(request)).status, 401);
  assertEquals(cancelled, 1);
});

Deno.test("readSignedRequest says so when somebody else has read the body", async () => {
  await using world = new World();
  const request = await world.signed(BODY);
  await request.text();
  const failure = await world.read(request).catch((error) => error);
  assertEquals(
    String(failure),
    "TypeError: The request's body was read by somebody else: hand the request on as it came",
  );
});

/** Never gives anything. */
function stalled(): ReadableStream<Uint8Array> {
  return new ReadableStream({}, { highWaterMark: 0 });
}

class World implements AsyncDisposable {
  readonly #watch = watchCrypto();
  readonly clock: VirtualClock = new VirtualClock({ settle: this.#watch.settle });
  readonly #verifier = new SignatureVerifier(Simulator.inMemory().publicKey);
  limits: SignedRequestLimits = { ...LIMITS, clock: this.clock };

  /** A request with the signature of `text`, and what is to come as its body. */
  async signed(text: string, body: BodyInit = text): Promise<Request> {
    const { headers } = await signedRequest(text, { signedAt: this.clock.wallNow() });
    return new Request("http://bot.invalid", { method: "POST", headers, body });
  }

  async read(request: Request): Promise<string> {
    const read = await readSignedRequest(request, this.#verifier, this.limits);
    return read.isValid ? new TextDecoder().decode(read.body) : `${read.refusal.status}`;
  }

  async refusal(request: Request): Promise<Response> {
    const read = await readSignedRequest(request, this.#verifier, this.limits);
    if (read.isValid) throw new Error("It was taken");
    return read.refusal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    return Promise.resolve();
  }
}
