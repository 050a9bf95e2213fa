import { assert, assertFalse } from "@std/assert";
import { CatchUp } from "../../gateway/catch_up.ts";
import { GatewayOpcode } from "../../gateway/payload.ts";

Deno.test("CatchUp is done with the answer to a heartbeat that was sent after the mark (SH-6)", () => {
  const catchUp = new CatchUp();
  catchUp.received(GatewayOpcode.HeartbeatAck, true); // To a heartbeat from before.
  assertFalse(catchUp.isDone);
  catchUp.sent(GatewayOpcode.PresenceUpdate);
  catchUp.received(GatewayOpcode.HeartbeatAck, true);
  assertFalse(catchUp.isDone);
  catchUp.sent(GatewayOpcode.Heartbeat);
  catchUp.received(GatewayOpcode.Dispatch, true);
  catchUp.received(GatewayOpcode.HeartbeatAck, false); // In a replay: the rest of it is still to come (RS-2).
  assertFalse(catchUp.isDone);
  catchUp.received(GatewayOpcode.HeartbeatAck, true);
  assert(catchUp.isDone);
  catchUp.mark();
  assertFalse(catchUp.isDone);
});
