import type { Totals } from "./traffic.ts";

/** Counts what a contestant gets. */
export class Tally {
  readonly #shards: number;
  readonly #ready: PromiseWithResolvers<void> = Promise.withResolvers();
  #readyShards = 0;
  #events = 0;
  #messages = 0;
  #characters = 0;
  #target = Infinity;
  #reached: () => void = () => {};
  /** When each event came; `undefined` while nobody wants to know. */
  #receivedAt: number[] | undefined;

  constructor(shards: number) {
    this.#shards = shards;
  }

  /** Resolves when all shards are ready; rejects when the contestant has given up. */
  get allReady(): Promise<void> {
    return this.#ready.promise;
  }

  get totals(): Totals {
    return { events: this.#events, messages: this.#messages, characters: this.#characters };
  }

  /** For {@linkcode Tally.expect} with `isTimed`: by `performance.now()`. */
  get receivedAt(): readonly number[] {
    return this.#receivedAt ?? [];
  }

  /** For a contestant: a shard is ready. */
  ready(): void {
    this.#readyShards += 1;
    if (this.#readyShards === this.#shards) this.#ready.resolve();
  }

  /** For a contestant: it can't go on. */
  failed(error: unknown): void {
    this.#ready.reject(error);
  }

  /** For a contestant: an event has come, parsed. */
  event(name: string, data: unknown): void {
    if (name === "READY") return;
    this.#events += 1;
    if (name === "MESSAGE_CREATE") this.#message(data as { readonly content: string });
    this.#receivedAt?.push(performance.now());
    if (this.#events === this.#target) this.#reached();
  }

  /** Begins at zero; resolves when so many events have come. */
  expect(events: number, isTimed = false): Promise<void> {
    this.#events = this.#messages = this.#characters = 0;
    this.#receivedAt = isTimed ? [] : undefined;
    this.#target = events;
    return new Promise((resolve) => this.#reached = resolve);
  }

  /** So that nobody can give an event on unread. */
  #message({ content }: { readonly content: string }): void {
    this.#messages += 1;
    this.#characters += content.length;
  }
}
