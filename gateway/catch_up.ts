import { GatewayOpcode } from "./payload.ts";

/**
 * Tells when a connection has brought everything that Discord sent before a moment: Discord's answer to a heartbeat that
 * was sent after it comes behind all that, since a connection keeps its order.
 */
export class CatchUp {
  #phase: "behind" | "asked" | "done" = "behind";

  /** Whether everything has come. */
  get isDone(): boolean {
    return this.#phase === "done";
  }

  /** The moment is now. */
  mark(): void {
    this.#phase = "behind";
  }

  /** Something was sent. */
  sent(opcode: number): void {
    if (opcode === GatewayOpcode.Heartbeat && this.#phase === "behind") this.#phase = "asked";
  }

  /** Something has come, on a connection that is ready or not: a replay is under way until RESUMED (RS-2). */
  received(opcode: number, isReady: boolean): void {
    if (opcode === GatewayOpcode.HeartbeatAck && this.#phase === "asked" && isReady) this.#phase = "done";
  }
}
