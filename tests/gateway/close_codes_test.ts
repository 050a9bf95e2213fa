import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  CLOSE_CONNECTION,
  CLOSE_SESSION,
  closePauseMs,
  type CloseVerdict,
  closeVerdict,
  fatalError,
  GatewayCloseCode,
} from "../../gateway/close_codes.ts";
import {
  DisallowedIntentsError,
  DisconnectError,
  InvalidApiVersionError,
  InvalidIntentsError,
  InvalidShardCountError,
  InvalidTokenError,
} from "../../gateway/errors.ts";
import { Intents } from "../../gateway/intents.ts";

/** §8, row by row. */
const ROWS: readonly (readonly [codes: readonly number[], verdict: CloseVerdict])[] = [
  [[0, 1005, 1006], "resume"], // WS-4: no code
  [[1000, 1001], "resumeOnce"],
  [[1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015], "resume"],
  [[3000, 3008, 3999], "resume"],
  [[4000, 4001, 4002], "resume"],
  [[4003], "identify"],
  [[4004], "stop"],
  [[4005], "resume"],
  [[4006, 4007], "identify"],
  [[4008], "resume"],
  [[4009], "identify"],
  [[4010, 4011, 4012, 4013, 4014], "stop"],
  [[4015, 4100, 4900, 4999], "unknown"],
];

for (const [codes, verdict] of ROWS) {
  Deno.test(`closeVerdict is ${verdict} for ${codes.join(", ")} (§8)`, () => {
    assertEquals(codes.map(closeVerdict), codes.map(() => verdict));
  });
}

Deno.test("closePauseMs keeps away for five seconds after 4008 and has no rule for others (§8)", () => {
  assertEquals(closePauseMs(4008), 5_000);
  for (const code of [0, 1000, 1006, 4000, 4009, 4999]) assertEquals(closePauseMs(code), 0);
});

Deno.test("closeVerdict has a row for each GatewayCloseCode (§8)", () => {
  for (const [name, code] of Object.entries(GatewayCloseCode)) {
    assertEquals(closeVerdict(code) === "unknown", false, name);
  }
});

Deno.test("CLOSE_SESSION ends a session, CLOSE_CONNECTION is nobody's code and keeps it (§8, WS-1)", () => {
  assertEquals(CLOSE_SESSION, 1000);
  assertEquals(CLOSE_CONNECTION >= 3000 && CLOSE_CONNECTION <= 4999, true);
  assertEquals(Object.values<number>(GatewayCloseCode).includes(CLOSE_CONNECTION), false);
});

Deno.test("fatalError has an own class for each thing to mend, with code, reason and shard (CC-3)", () => {
  const rows = [
    [4004, InvalidTokenError],
    [4010, InvalidShardCountError],
    [4011, InvalidShardCountError],
    [4012, InvalidApiVersionError],
    [4013, InvalidIntentsError],
    [4014, DisallowedIntentsError],
  ] as const;
  for (const [code, ErrorClass] of rows) {
    const error = fatalError(0, { code, reason: "because", shardId: 3 });
    assertInstanceOf(error, ErrorClass);
    assertInstanceOf(error, DisconnectError);
    assertEquals(error.name, ErrorClass.name);
    assertEquals([error.code, error.reason, error.shardId], [code, "because", 3]);
  }
});

Deno.test("DisallowedIntentsError names the privileged intents that were asked for, and no others (IN-3)", () => {
  const intents = Intents.Guilds | Intents.GuildMembers | Intents.MessageContent;
  const error = fatalError(intents, { code: 4014 });
  assertInstanceOf(error, DisallowedIntentsError);
  assertEquals(error.privileged, ["GuildMembers", "MessageContent"]);
  assertEquals(error.message.includes("GuildMembers, MessageContent"), true);
  assertEquals(error.message.includes("GuildPresences"), false);
});
