import { type Span, SpanKind } from "@opentelemetry/api";
import { GatewayOpcode, type Shard, type ShardManager, type ShardStateChange } from "../gateway/mod.ts";
import { eventAttributes, eventLabel, markFailed } from "./attributes.ts";
import type { Instruments } from "./instruments.ts";

/** How a connection begins, and how an attempt ends that has led to none. */
const FIRST_STATE = "connecting";
const FAILED_STATES: readonly string[] = ["backoff", "dead", "idle"];

/** Tells of the shards of a manager: a span for each way from a socket to a session, and what is counted. */
export class ShardWatch implements Disposable {
  readonly #manager: ShardManager;
  readonly #instruments: Instruments;
  /** Shards that are on their way. */
  readonly #spans = new Map<Shard, Span>();
  readonly #listening = new AbortController();

  constructor(manager: ShardManager, instruments: Instruments, isCounting: boolean) {
    this.#manager = manager;
    this.#instruments = instruments;
    instruments.managers.add(manager);
    this.#listen(isCounting);
    const end = (): void => this[Symbol.dispose]();
    manager.closed.then(end, end);
  }

  [Symbol.dispose](): void {
    if (this.#listening.signal.aborted) return;
    this.#listening.abort();
    this.#instruments.managers.delete(this.#manager);
    for (const span of this.#spans.values()) span.end();
    this.#spans.clear();
  }

  #listen(isCounting: boolean): void {
    const { signal } = this.#listening;
    const { dispatcher, rawDispatcher, eventDispatcher } = this.#manager;
    const { sessions, disconnects, heartbeat, consumed } = this.#instruments;
    dispatcher.listen("stateChange", (change) => this.#changed(change), { signal });
    dispatcher.listen("disconnect", ({ code, willResume }) => {
      const isKnown = Number.isInteger(code) && code >= 1000 && code < 5000;
      const attributes = {
        "nextcore.close.code": isKnown ? code : 0,
        "nextcore.close.will_resume": willResume,
      };
      disconnects.add(1, attributes);
    }, { signal });
    for (const name of ["ready", "resumed", "sessionLost"] as const) {
      const outcome = { ready: "begun", resumed: "resumed", sessionLost: "lost" }[name];
      dispatcher.listen(name, () => sessions.add(1, { "nextcore.session.outcome": outcome }), { signal });
    }
    rawDispatcher.listen(GatewayOpcode.HeartbeatAck, (_payload, { shard }) => {
      if (shard.latencyMs !== undefined) heartbeat.record(shard.latencyMs / 1000);
    }, { signal });
    if (!isCounting) return;
    eventDispatcher.listen((name) => {
      consumed.add(1, eventAttributes(eventLabel(String(name))));
    }, { signal });
  }

  #changed({ shard, from, to, reason }: ShardStateChange<Shard>): void {
    if (to === FIRST_STATE) this.#begin(shard);
    const span = this.#spans.get(shard);
    if (span === undefined) return;
    if (to === "ready") {
      span.setAttribute("nextcore.session.outcome", from === "resuming" ? "resumed" : "begun");
    } else if (FAILED_STATES.includes(to)) {
      markFailed(span, { "error.type": reason });
    } else {
      span.addEvent(to);
      return;
    }
    span.end();
    this.#spans.delete(shard);
  }

  #begin(shard: Shard): void {
    this.#spans.get(shard)?.end();
    const span = this.#instruments.tracer.startSpan("connect shard", {
      kind: SpanKind.CLIENT,
      root: true,
      attributes: { "nextcore.shard.id": shard.id },
    });
    this.#spans.set(shard, span);
  }
}
