/**
 * Takes out of a payload what nobody else should see, and leaves its shape.
 *
 * @module
 */

import { isWireObject } from "./wire.ts";

/** Fields whose strings say how something is, not what somebody wrote. */
const KEPT = new Set(
  ["locale", "preferred_locale", "guild_locale", "session_type", "permissions", "allow"]
    .concat([
      "deny",
      "app_permissions",
      "flags_new",
      "joined_at",
      "timestamp",
      "edited_timestamp",
      "premium_since",
    ]),
);
const KEPT_VALUE = /^(?:\d{1,20}|[a-z]{2,10}(?:-[A-Z]{2})?|\d{4}-\d\d-\d\dT[\d:.]{8,15}(?:Z|[+-]\d\d:\d\d))$/;
/** Ids are needed to tell what belongs together. */
const ID_FIELD = /(?:^|_)ids?$|^(?:roles|mention_roles)$/;
const ID = /^\d{15,20}$/;
/** They end like ids, and are somebody's words or secrets. */
const NO_IDS = new Set(["session_id", "custom_id"]);
const FIELD = /^(?:[a-z_][a-z_]{0,63}|\d{1,20})$/;
const EVENT_NAME = /^[A-Z][A-Z_]{1,63}$/;
/** Of a user. The status of a voice channel is somebody's words. */
const STATUSES = new Set(["online", "idle", "dnd", "offline", "invisible"]);
/** Deeper than anything that Discord has: what is below is left out. */
const MAX_DEPTH = 64;
/** What a user has chosen or written, whatever its type. */
const WRITTEN = new Set(["value", "nonce"]);

/** Scrubs payloads: strings become as many `x`, but for ids, times and the like. */
export class Scrubber {
  readonly #keep: ReadonlySet<string>;
  readonly #secrets: readonly string[];

  /** `keep` names further fields that stay as they are; `secrets` are left out wherever they are. */
  constructor(keep: readonly string[], secrets: readonly string[]) {
    this.#keep = new Set(keep);
    this.#secrets = secrets;
  }

  /** A scrubbed copy of what came in the field `name`. */
  scrub(value: unknown, name: string, depth = 0): unknown {
    if (typeof value === "string") return this.#isFine(value, name) ? value : "x".repeat(value.length);
    if (typeof value === "object" && depth >= MAX_DEPTH) return null;
    if (Array.isArray(value)) return value.map((item) => this.scrub(item, name, depth + 1));
    if (isWireObject(value)) return this.#scrubObject(value, depth + 1);
    const isHidden = WRITTEN.has(name) && !this.#keep.has(name);
    return isHidden && value !== null ? 0 : value;
  }

  /** The name of an event, if it is one. */
  eventName(name: unknown): string | null {
    return typeof name === "string" && EVENT_NAME.test(name) && !this.#hasSecret(name) ? name : null;
  }

  #scrubObject(object: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
    const scrubbed: Record<string, unknown> = {};
    let unnamed = 0;
    for (const [name, value] of Object.entries(object)) {
      const isNamed = FIELD.test(name) && name !== "__proto__" && !this.#hasSecret(name);
      scrubbed[isNamed ? name : `field_${"x".repeat(++unnamed)}`] = this.scrub(value, name, depth);
    }
    return scrubbed;
  }

  #isFine(value: string, name: string): boolean {
    if (this.#hasSecret(value)) return false;
    if (this.#keep.has(name)) return true;
    if (name === "status") return STATUSES.has(value);
    if (ID_FIELD.test(name)) return ID.test(value) && !NO_IDS.has(name);
    return KEPT.has(name) && KEPT_VALUE.test(value);
  }

  #hasSecret(text: string): boolean {
    return this.#secrets.some((secret) => text.includes(secret));
  }
}
