/**
 * Calls back after the engine has collected garbage, where it can tell.
 *
 * An idle bucket owns no timer (B9.1), and a timer would keep the process alive, or need the runtime's own means not to.
 * Yet what is idle should not stay until the next request: memory is wanted back when the engine looks for some. So a
 * token is left to be collected; that it was, is the sign. In an engine without this, the next requests sweep.
 */
export class CollectionWatch {
  readonly #registry: FinalizationRegistry<undefined> | undefined;
  #isWatching = false;

  constructor(collected: () => void) {
    if (typeof FinalizationRegistry !== "function") return;
    this.#registry = new FinalizationRegistry(() => {
      this.#isWatching = false;
      collected();
    });
  }

  /** Asks to be told of the next collection. */
  start(): void {
    if (this.#isWatching || this.#registry === undefined) return;
    this.#isWatching = true;
    this.#registry.register({}, undefined);
  }
}
