import type { GatewayCommand } from "../../gateway/payload.ts";
import { Shard } from "../../gateway/shard.ts";
import type { ShardOptions } from "../../gateway/shard_options.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { FakeGateway, type FakeSocket } from "./fake_gateway.ts";

/** The token of the tests: it must never be seen. */
export const TOKEN = "MTIzNDU2Nzg5.secret.token";

/** A shard, the gateway that it talks to, and the time. */
export class ShardBench implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  readonly gateway: FakeGateway = new FakeGateway();
  readonly shard: Shard;
  /** The names of the shard's own events, and of Discord's, in order. */
  readonly seen: string[] = [];
  /** What `sent` has shown. */
  readonly shown: GatewayCommand[] = [];

  constructor(options: Partial<ShardOptions> = {}) {
    this.shard = new Shard({
      shardId: 0,
      shardCount: 1,
      token: TOKEN,
      intents: 513,
      gatewayUrl: "wss://gateway.discord.gg",
      createWebSocket: this.gateway.createWebSocket,
      clock: this.clock,
      random: () => 0.5,
      ...options,
    });
    this.shard.dispatcher.listen((name) => name !== "sent" && name !== "stateChange" && this.seen.push(name));
    this.shard.dispatcher.listen("sent", (command) => this.shown.push(command));
    this.shard.eventDispatcher.listen((name) => this.seen.push(String(name)));
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    return this.gateway.socket;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    await this.clock.advance(0);
  }

  /** Waits for the next socket. */
  async reconnect(): Promise<void> {
    const before = this.gateway.sockets.length;
    for (let second = 0; this.gateway.sockets.length === before; second += 1) {
      if (second > 600) throw new Error("The shard does not connect again");
      await this.clock.advance(1_000);
    }
  }

  /** The newest socket opens and says HELLO. */
  async greet(): Promise<void> {
    this.socket.open();
    this.socket.hello();
    await this.settle();
  }

  /** Connects until READY. */
  async ready(): Promise<void> {
    const connected = this.shard.connect();
    await this.greet();
    this.socket.ready();
    await connected;
    await this.settle(); // What comes right behind it waits for those who have waited for it.
  }

  /** The newest socket ends, and the next one brings the session back. */
  async resume(s: number): Promise<void> {
    this.socket.end(1006);
    await this.reconnect();
    await this.greet();
    this.socket.dispatch("RESUMED", s);
    await this.settle();
  }

  /** What the client sent on the newest socket that a user asked for. */
  get commands(): unknown[] {
    return this.socket.commands.filter(({ op }) => op !== 1 && op !== 2 && op !== 6).map(({ d }) => d);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.runUntil(this.shard.close());
  }
}
