import { assertEquals, assertRejects } from "@std/assert";
import { InteractionExpiredError } from "../../interactions/mod.ts";
import { CallbackResponse } from "../../interactions/callback_response.ts";
import type { Callback, CallbackSender } from "../../interactions/answer.ts";
import type { InteractionCreate } from "../../http/mod.ts";

const interaction = { id: "1", application_id: "2", type: 2, token: "t" } as InteractionCreate;
const callback: Callback = {
  body: { type: 4, data: { content: "pong" } },
  files: [],
  withResponse: false,
  maxWaitMs: 1000,
  signal: undefined,
};

Deno.test("CallbackResponse answers 202 without a body where the callback was a request of its own (A15.5)", async () => {
  const made = { interaction: { id: "1", type: 2 } };
  const request: CallbackSender = { transport: "gateway", send: () => Promise.resolve(made) };
  const sender = new CallbackResponse(interaction, request);
  assertEquals(await sender.send({ ...callback, withResponse: true }), made);
  const response = await sender.response;
  assertEquals([response.status, response.body], [202, null]);
});

Deno.test("CallbackResponse answers with JSON, or with files as a form whose first part is the JSON (A14.3)", async () => {
  const request: CallbackSender = {
    transport: "gateway",
    send: () => Promise.reject(new Error("not this way")),
  };
  const plain = new CallbackResponse(interaction, request);
  await plain.send(callback);
  assertEquals(await (await plain.response).json(), callback.body);
  const withFiles = new CallbackResponse(interaction, request);
  const files = [{ name: "a.txt", data: "text", contentType: "text/plain" }, {
    name: "b",
    data: new Uint8Array(2).buffer,
  }];
  await withFiles.send({ ...callback, files });
  const form = await (await withFiles.response).formData();
  assertEquals([...form.keys()], ["payload_json", "files[0]", "files[1]"]);
  assertEquals(JSON.parse(String(form.get("payload_json"))), callback.body);
  const types = ["files[0]", "files[1]"].map((name) => form.get(name)).map((file) =>
    file instanceof File && file.type
  );
  assertEquals(types, ["text/plain", "application/octet-stream"]);
});

Deno.test("CallbackResponse sends nothing that it can't make, and says why", async () => {
  const request: CallbackSender = { transport: "gateway", send: () => Promise.resolve(undefined) };
  const sender = new CallbackResponse(interaction, request);
  const bigint = { type: 4, data: { content: 1n } } as never;
  await assertRejects(() => sender.send({ ...callback, body: bigint }), TypeError, "written as JSON");
  const broken = () => new ReadableStream({ pull: (controller) => controller.error(new Error("no disk")) });
  const threw = (): never => {
    throw new Error("no file");
  };
  for (const data of [broken, threw]) {
    const files = [{ name: "a", data }];
    const failure = await assertRejects(
      () => sender.send({ ...callback, files }),
      TypeError,
      "files[0] can't be read",
    );
    assertEquals(failure.cause instanceof Error, true);
  }
  const files = [{ name: "a", data: 5 as never }];
  await assertRejects(() => sender.send({ ...callback, files }), TypeError, "the data of files[0] must be");
  await sender.send(callback);
  assertEquals((await sender.response).status, 200);
});

Deno.test("CallbackResponse takes no answer after it has failed", async () => {
  const request: CallbackSender = { transport: "gateway", send: () => Promise.resolve(undefined) };
  const sender = new CallbackResponse(interaction, request);
  sender.fail(504, "No answer in time");
  await assertRejects(() => sender.send(callback), InteractionExpiredError, "nobody waits");
  assertEquals((await sender.response).status, 504);
});
