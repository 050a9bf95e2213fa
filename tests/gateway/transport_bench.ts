import type { Inflater, TransportCompression } from "../../gateway/inflater.ts";
import { Transport, type TransportListener, type TransportOptions } from "../../gateway/transport.ts";
import { settle, VirtualClock } from "../../testing/virtual_clock.ts";
import { FakeGateway, type FakeSocket } from "./fake_gateway.ts";

/** A transport, its socket, and what it has said so far. */
export class TransportBench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly said: string[] = [];
  readonly data: unknown[] = [];
  readonly socket: FakeSocket;
  readonly transport: Transport;
  isWanted: (name: string) => boolean = () => true;
  /** Called with the s of each payload. */
  onReceived: (s: number | null) => void = () => {};

  constructor(compression?: TransportCompression, options: Partial<TransportOptions> = {}) {
    const gateway = new FakeGateway();
    this.transport = new Transport("ws://gateway/?v=10", {
      opened: () => this.said.push("opened"),
      wants: (name) => this.isWanted(name),
      skimmed: (name, s) => this.said.push(`skimmed ${name} ${s}`),
      received: ({ op, s, d }) => {
        this.data.push(d);
        this.said.push(s === null ? `op ${op}` : `s ${s}`);
        this.onReceived(s);
        return true;
      },
      garbled: (reason) => this.said.push(`garbled: ${reason}`),
      closed: (code, reason) => this.said.push(`closed ${code} ${reason}`.trim()),
    }, { createWebSocket: gateway.createWebSocket, clock: this.clock, compression, ...options });
    this.socket = gateway.socket;
  }

  /** Waits until so many things have been said: inflating takes some turns. */
  async until(count: number): Promise<void> {
    for (let turn = 0; turn < 1_000 && this.said.length < count; turn += 1) await settle();
  }
}

/** A listener that says nothing and waits for nothing. */
export const SILENT: TransportListener = {
  opened() {},
  wants: () => true,
  skimmed() {},
  received: () => false,
  garbled() {},
  closed() {},
};

/** An inflater that passes bytes on when it is told to. */
export class SlowInflater implements Inflater {
  readonly sizes: number[] = [];
  #release: (() => void) | undefined;

  async inflate(bytes: Uint8Array): Promise<Uint8Array> {
    this.sizes.push(bytes.length);
    await new Promise<void>((resolve) => this.#release = resolve);
    return bytes;
  }

  release(): void {
    this.#release?.();
  }

  close(): void {}
}
