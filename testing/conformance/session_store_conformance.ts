import type { SessionStore, StoredSession } from "../../gateway/mod.ts";
import { casesOf, type ConformanceCase, demand, demandMaker, type Rule } from "./conformance_case.ts";
import { realTime } from "./trial_time.ts";

const TIMEOUT_MS = 10_000;
/** Ids that a careless key would mix up. */
const SHARD_IDS = [0, 1, 2, 10, 11, 100, 110] as const;

/** Options of {@linkcode sessionStoreConformance}. */
export interface SessionStoreConformanceOptions {
  /** Makes a store that holds nothing; called for each case. */
  create(): SessionStore | Promise<SessionStore>;
  /** Makes another store over what `store` holds, as after a restart. Without it that is not tried. */
  reopen?(store: SessionStore): SessionStore | Promise<SessionStore>;
  /** The store of another process over the same place as `store`, at the same time. Without it that is not tried. */
  join?(store: SessionStore): SessionStore | Promise<SessionStore>;
  /** Puts a store away after its case. Nothing by default. */
  close?(store: SessionStore): Promise<void> | void;
  /** How long one call may take, in real milliseconds. 10 000 by default. */
  timeoutMs?: number;
}

/**
 * What a {@linkcode SessionStore} must do: give back exactly what was saved last, for each shard its own.
 *
 * That includes `holder` and `fence`: without them a shard can't tell that another process has taken its session up.
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from "@nextsnake/nextcore";
 * import { checkConformance, sessionStoreConformance } from "@nextsnake/nextcore/testing";
 *
 * await checkConformance(sessionStoreConformance({ create: () => new MemorySessionStore() }));
 * ```
 */
export function sessionStoreConformance(options: SessionStoreConformanceOptions): readonly ConformanceCase[] {
  demandMaker("sessionStoreConformance", options, "create");
  const { create, reopen, join, close, timeoutMs = TIMEOUT_MS } = options;
  const rules = [
    ...RULES,
    ...(reopen === undefined ? [] : [{ name: KEEPS, check: survivesRestart }]),
    ...(join === undefined ? [] : [{ name: SEES, check: seesOthers }]),
  ];
  return casesOf("SessionStore", rules, async (check) => {
    const stores = [await create()];
    const [store] = stores;
    if (store === undefined) return;
    const another = (make: SessionStoreConformanceOptions["join"]) => async (): Promise<SessionStore> => {
      const other = await make?.(store) ?? store;
      if (other !== store) stores.push(other);
      return other;
    };
    try {
      await check(new StoreTrial(store, timeoutMs, another(reopen), another(join)));
    } finally {
      for (const opened of stores) await close?.(opened);
    }
  });
}

const KEEPS = "keeps sessions, and what was forgotten, over a restart (SEQ-10)";
const SEES = "sees what another process has saved and forgotten since (SEQ-10)";

const RULES: readonly Rule<StoreTrial>[] = [
  { name: "has nothing for a shard that was never saved (SEQ-10)", check: startsEmpty },
  { name: "gives back every field of what was saved (SEQ-1)", check: givesBack },
  { name: "tells who has taken a session up last (SEQ-1)", check: tellsHolder },
  { name: "gives it as often as it is asked", check: givesOften },
  { name: "replaces the session by the one that is saved later (SEQ-6)", check: replaces },
  { name: "keeps the sessions of shards apart", check: keepsApart },
  { name: "forgets the session of one shard, and can keep another (SEQ-8)", check: forgets },
  { name: "has nothing against forgetting what is not there", check: forgetsNothing },
  { name: "keeps text and numbers as they are", check: keepsExactly },
  { name: "serves several shards at the same time", check: servesAtOnce },
];

/** A store whose calls end in time. */
class StoreTrial {
  readonly #store: SessionStore;
  readonly #timeoutMs: number;
  readonly #reopen: () => Promise<SessionStore>;
  readonly #join: () => Promise<SessionStore>;

  constructor(
    store: SessionStore,
    timeoutMs: number,
    reopen: () => Promise<SessionStore>,
    join: () => Promise<SessionStore>,
  ) {
    this.#store = store;
    this.#timeoutMs = timeoutMs;
    this.#reopen = reopen;
    this.#join = join;
  }

  async load(shardId: number): Promise<StoredSession | undefined> {
    return await this.#ends(this.#store.load(shardId), "the end of load") ?? undefined;
  }

  async save(session: StoredSession): Promise<void> {
    await this.#ends(this.#store.save(session.shardId, session), "the end of save");
  }

  async clear(shardId: number): Promise<void> {
    await this.#ends(this.#store.clear(shardId), "the end of clear");
  }

  /** The store after a restart. */
  async restarted(): Promise<StoreTrial> {
    return new StoreTrial(await this.#reopen(), this.#timeoutMs, this.#reopen, this.#join);
  }

  /** The store of another process. */
  async joined(): Promise<StoreTrial> {
    return new StoreTrial(await this.#join(), this.#timeoutMs, this.#reopen, this.#join);
  }

  /** Complains unless the shard's session is this one, or there is none. */
  async has(shardId: number, expected: StoredSession | undefined): Promise<void> {
    const loaded = await this.load(shardId);
    if (expected === undefined) {
      demand(loaded === undefined, `shard ${shardId} has a session: ${JSON.stringify(loaded)}`);
      return;
    }
    demand(loaded !== undefined, `shard ${shardId} has no session`);
    for (const name of FIELDS) {
      // A database may have null for nothing.
      const got = loaded[name] ?? undefined;
      const isSame = got === expected[name];
      demand(isSame, `${name} of shard ${shardId} is ${shown(got)}, saved was ${shown(expected[name])}`);
    }
  }

  #ends<Value>(call: Promise<Value> | Value, what: string): Promise<Value> {
    return realTime().until(call, this.#timeoutMs, what);
  }
}

const FIELDS = [
  "sessionId",
  "resumeGatewayUrl",
  "sequence",
  "shardId",
  "shardCount",
  "intents",
  "tokenFingerprint",
  "holder",
  "fence",
] as const;

async function startsEmpty(trial: StoreTrial): Promise<void> {
  for (const shardId of SHARD_IDS) await trial.has(shardId, undefined);
}

async function givesBack(trial: StoreTrial): Promise<void> {
  const session = sessionOf(0);
  await trial.save(session);
  await trial.has(0, session);
  const withoutUrl = { ...session, resumeGatewayUrl: undefined };
  await trial.save(withoutUrl);
  await trial.has(0, withoutUrl);
}

/** A store that can't tell lets two processes run one shard. */
async function tellsHolder(trial: StoreTrial): Promise<void> {
  const session = sessionOf(0);
  await trial.save(session);
  const taken = { ...session, holder: "another", fence: 2 };
  await trial.save(taken);
  await trial.has(0, taken);
  // As older versions have saved it: nobody has it then, and not who had it before.
  const { holder: _, fence: __, ...unmarked } = session;
  await trial.save(unmarked);
  await trial.has(0, unmarked);
}

async function givesOften(trial: StoreTrial): Promise<void> {
  const session = sessionOf(0);
  await trial.save(session);
  for (let time = 0; time < 3; time += 1) await trial.has(0, session);
}

async function replaces(trial: StoreTrial): Promise<void> {
  for (let sequence = 1; sequence <= 20; sequence += 1) await trial.save({ ...sessionOf(0), sequence });
  await trial.has(0, { ...sessionOf(0), sequence: 20 });
  // A new session counts from 1 again.
  const newSession = { ...sessionOf(0), sessionId: "another", sequence: 1 };
  await trial.save(newSession);
  await trial.has(0, newSession);
}

async function keepsApart(trial: StoreTrial): Promise<void> {
  for (const shardId of SHARD_IDS) await trial.save(sessionOf(shardId));
  for (const shardId of SHARD_IDS) await trial.has(shardId, sessionOf(shardId));
}

async function forgets(trial: StoreTrial): Promise<void> {
  for (const shardId of SHARD_IDS) await trial.save(sessionOf(shardId));
  await trial.clear(1);
  await trial.has(1, undefined);
  for (const shardId of SHARD_IDS) if (shardId !== 1) await trial.has(shardId, sessionOf(shardId));
  await trial.save(sessionOf(1));
  await trial.has(1, sessionOf(1));
}

async function forgetsNothing(trial: StoreTrial): Promise<void> {
  await trial.clear(0);
  await trial.save(sessionOf(0));
  await trial.clear(0);
  await trial.clear(0);
  await trial.has(0, undefined);
}

async function keepsExactly(trial: StoreTrial): Promise<void> {
  for (const sequence of [0, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
    const session = { ...sessionOf(0), sequence, intents: sequence };
    await trial.save(session);
    await trial.has(0, session);
  }
  for (const sessionId of ["\"\\'; DROP", "a/b\\c\n%00,;\t ", "für 雪 🎉", "null", "0", "x".repeat(2_000)]) {
    const session = {
      ...sessionOf(0),
      sessionId,
      resumeGatewayUrl: `wss://${encodeURIComponent(sessionId)}/?a=b`,
    };
    await trial.save(session);
    await trial.has(0, session);
  }
}

async function servesAtOnce(trial: StoreTrial): Promise<void> {
  for (let round = 1; round <= 3; round += 1) {
    const sessions = Array.from({ length: 32 }, (_, shardId) => ({ ...sessionOf(shardId), sequence: round }));
    await Promise.all(sessions.map((session) => trial.save(session)));
    await Promise.all(sessions.map((session) => trial.has(session.shardId, session)));
  }
}

async function survivesRestart(trial: StoreTrial): Promise<void> {
  for (const shardId of SHARD_IDS) await trial.save(sessionOf(shardId));
  await trial.clear(10);
  const other = await trial.restarted();
  for (const shardId of SHARD_IDS) await other.has(shardId, shardId === 10 ? undefined : sessionOf(shardId));
}

async function seesOthers(trial: StoreTrial): Promise<void> {
  const session = sessionOf(0);
  await trial.save(session);
  const other = await trial.joined();
  await other.has(0, session);
  const taken = { ...session, holder: "another", fence: 2 };
  await other.save(taken);
  await trial.has(0, taken);
  await trial.clear(0);
  await other.has(0, undefined);
}

function sessionOf(shardId: number): StoredSession {
  return {
    sessionId: `session-${shardId}`,
    resumeGatewayUrl: `wss://gateway-${shardId}.discord.gg`,
    sequence: 1_000 + shardId,
    shardId,
    shardCount: 128,
    intents: 513 + shardId,
    tokenFingerprint: `0123456789abcde${shardId}`,
    holder: `holder-${shardId}`,
    fence: 1 + shardId,
  };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
