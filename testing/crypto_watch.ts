/**
 * Virtual time beside WebCrypto, which works outside of the event loop.
 *
 * @module
 */

import { settle } from "./virtual_clock.ts";

/** Knows what WebCrypto is at, until it is disposed of. */
export interface CryptoWatch extends Disposable {
  /** For the option of that name of `VirtualClock`: no time passes while a signature is made or verified. */
  readonly settle: () => Promise<void>;
}

const METHODS = ["importKey", "sign", "verify", "digest"] as const;

/**
 * Watches `crypto.subtle`, so that a `VirtualClock` stands still while it works: needed where an endpoint of interactions
 * is tried in virtual time.
 *
 * @example
 * ```ts
 * import { Simulator, VirtualClock, watchCrypto } from "@nextsnake/nextcore/testing";
 *
 * using watch = watchCrypto();
 * const clock = new VirtualClock({ settle: watch.settle });
 * await using discord = Simulator.inMemory({ clock });
 * console.log(discord.publicKey.length); // 64
 * ```
 */
export function watchCrypto(): CryptoWatch {
  const { subtle } = crypto;
  let pending = 0;
  const before = METHODS.map((name) => [name, Object.getOwnPropertyDescriptor(subtle, name)] as const);
  for (const name of METHODS) {
    const original = subtle[name];
    const value = async (...values: unknown[]): Promise<unknown> => {
      pending += 1;
      try {
        return await Reflect.apply(original, subtle, values);
      } finally {
        pending -= 1;
      }
    };
    Object.defineProperty(subtle, name, { value, configurable: true, writable: true });
  }
  return {
    settle: async () => {
      do await settle(); while (pending > 0);
    },
    [Symbol.dispose]: () => {
      for (const [name, descriptor] of before) {
        Reflect.deleteProperty(subtle, name);
        if (descriptor !== undefined) Object.defineProperty(subtle, name, descriptor);
      }
    },
  };
}
