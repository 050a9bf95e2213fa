import { MemorySessionStore, type SessionStore, type StoredSession } from "../../gateway/session_store.ts";
import { FileSessionStore } from "../../sessions/file_session_store.ts";
import { sessionStoreConformance } from "../../testing/conformance/session_store_conformance.ts";
import { createTestDirectory, reason, type TestDirectory } from "../sessions/test_directory.ts";
import { testConformance, testFaults } from "./conformance_tests.ts";

/** The store that is right, with something of it done wrong. */
function altered(alter: (store: MemorySessionStore) => Partial<SessionStore>) {
  return sessionStoreConformance({
    create: () => {
      const store = new MemorySessionStore();
      return {
        load: (shardId) => store.load(shardId),
        save: (shardId, session) => store.save(shardId, session),
        clear: (shardId) => store.clear(shardId),
        ...alter(store),
      };
    },
    timeoutMs: 20,
  });
}

const empty: StoredSession = {
  sessionId: "",
  resumeGatewayUrl: undefined,
  sequence: 0,
  shardId: 0,
  shardCount: 1,
  intents: 0,
  tokenFingerprint: "",
};
const directories = new Map<SessionStore, TestDirectory>();
const paths = new Map<SessionStore, string>();

testConformance(
  "MemorySessionStore",
  sessionStoreConformance({
    create: () => new MemorySessionStore(),
    reopen: (store) => store,
    join: (store) => store,
  }),
);

testConformance(
  "FileSessionStore",
  sessionStoreConformance({
    async create() {
      const directory = await createTestDirectory();
      const store = new FileSessionStore(directory.path);
      directories.set(store, directory);
      paths.set(store, directory.path);
      return store;
    },
    reopen: (store) => new FileSessionStore(paths.get(store) ?? ""),
    join: (store) => new FileSessionStore(paths.get(store) ?? ""),
    close: async (store) => await directories.get(store)?.[Symbol.asyncDispose](),
  }),
  reason,
);

testFaults("SessionStore", [
  {
    name: "has one place for all shards",
    cases: altered((store) => ({
      load: () => store.load(0),
      save: (_, session) => store.save(0, session),
      clear: () => store.clear(0),
    })),
    complaint:
      'keeps the sessions of shards apart: sessionId of shard 0 is "session-110", saved was "session-0"',
  },
  {
    name: "makes up a session for a shard that has none",
    cases: altered((store) => ({ load: (shardId) => store.load(shardId) ?? { ...empty, shardId } })),
    complaint: "never saved (SEQ-10): shard 0 has a session",
  },
  {
    name: "mixes up ids that begin alike",
    cases: altered((store) => ({
      load: (shardId) => store.load(Number(String(shardId)[0])),
      save: (shardId, session) => store.save(Number(String(shardId)[0]), session),
    })),
    complaint: "shards apart: sessionId of shard 1",
  },
  {
    name: "forgets where to resume",
    cases: altered((store) => ({
      save: (shardId, session) => store.save(shardId, { ...session, resumeGatewayUrl: undefined }),
    })),
    complaint: "every field of what was saved (SEQ-1): resumeGatewayUrl of shard 0 is undefined, saved was",
  },
  {
    name: "forgets who has a session",
    cases: altered((store) => ({
      save: (shardId, { holder: _, ...session }) => store.save(shardId, session),
    })),
    complaint: 'every field of what was saved (SEQ-1): holder of shard 0 is undefined, saved was "holder-0"',
  },
  {
    name: "forgets how often a session was taken up",
    cases: altered((store) => ({
      save: (shardId, { fence: _, ...session }) => store.save(shardId, session),
    })),
    complaint: "every field of what was saved (SEQ-1): fence of shard 0 is undefined, saved was 1",
  },
  {
    name: "keeps who had a session before",
    cases: altered((store) => ({
      save: (shardId, session) => store.save(shardId, { ...store.load(shardId), ...session }),
    })),
    complaint: 'taken a session up last (SEQ-1): holder of shard 0 is "another", saved was undefined',
  },
  {
    name: "does not see what others save",
    cases: sessionStoreConformance({
      create: () => new MemorySessionStore(),
      join(store) {
        const other = new MemorySessionStore();
        const session = store.load(0);
        if (session !== undefined && session !== null && !(session instanceof Promise)) {
          other.save(0, session);
        }
        return other;
      },
    }),
    complaint: 'has saved and forgotten since (SEQ-10): holder of shard 0 is "holder-0", saved was "another"',
  },
  {
    name: "keeps the first session that it was given",
    cases: altered((store) => ({
      save: (shardId, session) =>
        store.load(shardId) === undefined ? store.save(shardId, session) : undefined,
    })),
    complaint: "saved later (SEQ-6): sequence of shard 0 is 1, saved was 20",
  },
  {
    name: "keeps the highest number, also of another session",
    cases: altered((store) => ({
      save: (shardId, session) =>
        session.sequence < (store.load(shardId)?.sequence ?? 0) ? undefined : store.save(shardId, session),
    })),
    complaint: 'saved later (SEQ-6): sessionId of shard 0 is "session-0", saved was "another"',
  },
  {
    name: "gives a session once",
    cases: altered((store) => ({
      load(shardId) {
        const session = store.load(shardId);
        store.clear(shardId);
        return session;
      },
    })),
    complaint: "as often as it is asked: shard 0 has no session",
  },
  {
    name: "forgets all shards",
    cases: altered((store) => ({
      clear: () => Array.from({ length: 200 }).forEach((_, shardId) => store.clear(shardId)),
    })),
    complaint: "forgets the session of one shard, and can keep another (SEQ-8): shard 0 has no session",
  },
  {
    name: "forgets nothing",
    cases: altered(() => ({ clear: () => {} })),
    complaint: "(SEQ-8): shard 1 has a session",
  },
  {
    name: "throws at what is not there",
    cases: altered((store) => ({
      clear(shardId) {
        if (store.load(shardId) === undefined) throw new RangeError(`no row for ${shardId}`);
        store.clear(shardId);
      },
    })),
    complaint: "forgetting what is not there: no row for 0",
  },
  {
    name: "counts in 32 bits",
    cases: altered((store) => ({
      save: (shardId, session) => store.save(shardId, { ...session, sequence: session.sequence | 0 }),
    })),
    complaint: "text and numbers as they are: sequence of shard 0 is -2147483648, saved was 2147483648",
  },
  {
    name: "knows only ASCII",
    cases: altered((store) => ({
      save: (shardId, session) =>
        store.save(shardId, { ...session, sessionId: session.sessionId.replaceAll(/[^ -~]/g, "?") }),
    })),
    complaint: "text and numbers as they are: sessionId of shard 0 is",
  },
  {
    name: "serves one call at a time, and loses the others",
    cases: altered((store) => {
      let isBusy = false;
      return {
        async save(shardId, session) {
          if (isBusy) return;
          isBusy = true;
          await Promise.resolve();
          isBusy = false;
          store.save(shardId, session);
        },
      };
    }),
    complaint: "serves several shards at the same time: shard 1 has no session",
  },
  {
    name: "never answers",
    cases: altered(() => ({ load: () => new Promise(() => {}) })),
    complaint: "the end of load did not come within 20 ms",
  },
  {
    name: "does not survive a restart",
    cases: sessionStoreConformance({
      create: () => new MemorySessionStore(),
      reopen: () => new MemorySessionStore(),
    }),
    complaint: "over a restart (SEQ-10): shard 0 has no session",
  },
]);
