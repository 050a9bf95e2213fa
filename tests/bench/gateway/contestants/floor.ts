import { SyncZlib } from "../sync_zlib.ts";
import type { Contestant, ContestantOptions } from "./contestant.ts";

interface Payload {
  readonly op: number;
  readonly t: string | null;
  readonly s: number | null;
  readonly d: unknown;
}

/**
 * As little as a client can do that parses everything: the runtime's WebSocket, synchronous zlib, JSON.parse. No limits,
 * no resume, nothing asked before it is believed. Nobody should use it.
 */
export function createFloor(options: ContestantOptions): Contestant {
  const sockets = Array.from({ length: options.shards }, (_, id) => connect(id, options));
  return {
    close(): void {
      for (const socket of sockets) socket.close();
    },
  };
}

function connect(id: number, { host, token, shards, wanted, tally }: ContestantOptions): WebSocket {
  const socket = new WebSocket(`ws://${host}/?v=10&encoding=json&compress=zlib-stream`);
  socket.binaryType = "arraybuffer";
  const inflater = new SyncZlib("inflate");
  const decoder = new TextDecoder();
  const isEverythingWanted = wanted === "all";
  let sequence: number | null = null;
  const send = (op: number, d: unknown): void => socket.send(JSON.stringify({ op, d }));
  let timer: ReturnType<typeof setInterval> | undefined;
  socket.onclose = () => clearInterval(timer);
  socket.onmessage = ({ data }) => {
    const { op, t, s, d }: Payload = JSON.parse(decoder.decode(inflater.write(new Uint8Array(data))));
    if (s !== null) sequence = s;
    if (op === 10) {
      const { heartbeat_interval } = d as { readonly heartbeat_interval: number };
      timer = setInterval(() => send(1, sequence), heartbeat_interval);
      send(2, { token, intents: 0, properties: {}, shard: [id, shards] });
    } else if (t === "READY") tally.ready();
    else if (t !== null && (isEverythingWanted || t === "MESSAGE_CREATE")) tally.event(t, d);
  };
  return socket;
}
