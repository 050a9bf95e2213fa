import { type ResumePoint, Session, type SessionEffect, type SessionInput } from "../../gateway/session.ts";
import type { GatewayCommand } from "../../gateway/payload.ts";

/** The base URL of the tests, and what is opened for it. */
export const BASE = "wss://gateway.discord.gg";
/** What is opened for the base URL. */
export const OPEN_BASE: string = `open ${BASE}/?v=10&encoding=json`;
/** What is opened for the resume URL that READY names. */
export const OPEN_RESUME = "open wss://resume.discord.gg/?v=10&encoding=json";
/** A session to begin with. */
export const RESUME_POINT: ResumePoint = {
  sessionId: "abc",
  resumeGatewayUrl: "wss://resume.discord.gg",
  sequence: 42,
};

/** Options of {@linkcode SessionBench}, as far as tests differ in them. */
export interface SessionBenchOptions {
  /** Where to begin. */
  readonly resumePoint?: ResumePoint;
  /** Whether new sessions may replace lost ones. */
  readonly mayReconnect?: boolean;
  /** Further options of the session. */
  readonly gatewayUrl?: string;
  /** `large_threshold` of IDENTIFY. */
  readonly largeThreshold?: number;
  /** `compress` of the URLs. */
  readonly compress?: string;
}

/** A session, and the time: what happens goes in, and what must be done comes out in words. */
export class SessionBench {
  /** What `random` gives. */
  chance = 0.5;
  now = 0;
  readonly session: Session;

  constructor({ resumePoint, mayReconnect = true, ...options }: SessionBenchOptions = {}) {
    this.session = new Session({
      shardId: 1,
      shardCount: 4,
      token: "a.b.c",
      intents: 513,
      gatewayUrl: options.gatewayUrl ?? BASE,
      compress: options.compress,
      resumeUrl: "follow",
      properties: { os: "linux", browser: "nextcore", device: "nextcore" },
      largeThreshold: options.largeThreshold,
      mayReconnect,
      random: () => this.chance,
    }, resumePoint);
  }

  /** What must be done after `input`, raw. */
  step(input: SessionInput): readonly SessionEffect[] {
    return this.session.step(input, this.now);
  }

  /** What must be done after `input`, in words. */
  feed(input: SessionInput): string[] {
    return this.step(input).map(inWords);
  }

  /** What must be done after something without details. */
  on(type: "start" | "opened" | "permitted" | "alarm"): string[] {
    return this.feed({ type });
  }

  /** A message comes. */
  receive(op: number, d: unknown = null, s: number | null = null, t: string | null = null): string[] {
    return this.feed({ type: "received", payload: { op, d, s, t } });
  }

  /** A dispatch comes. */
  dispatch(t: string, s: number | null, d: unknown = {}): string[] {
    return this.receive(0, d, s, t);
  }

  /** HELLO comes. */
  hello(heartbeat_interval = 40_000): string[] {
    return this.receive(10, { heartbeat_interval });
  }

  /** READY comes. */
  ready(s: number | null = 1, session_id = "abc"): string[] {
    return this.dispatch("READY", s, { session_id, resume_gateway_url: "wss://resume.discord.gg" });
  }

  /** The connection ends. */
  close(code: number, reason = ""): string[] {
    return this.feed({ type: "closed", code, reason });
  }

  /** Time passes, without an alarm. */
  after(ms: number): this {
    this.now += ms;
    return this;
  }

  /** Jumps to the alarm. */
  wake(): string[] {
    if (this.session.wakeAt === Infinity) throw new Error("Nothing will ever wake this session");
    this.now = Math.max(this.now, this.session.wakeAt);
    return this.on("alarm");
  }

  /** Lets `ms` pass with all alarms on the way; `isAnswering` answers each heartbeat at once. */
  live(ms: number, isAnswering = true): string[] {
    const end = this.now + ms;
    const all: string[] = [];
    while (this.session.wakeAt <= end) {
      const effects = this.wake();
      all.push(...effects);
      if (isAnswering && effects.some((effect) => effect.startsWith("heartbeat"))) this.receive(11);
    }
    this.now = end;
    return all;
  }

  /** From where a connection is opened to RESUME or the request for a turn. */
  greet(): string[] {
    this.on("opened");
    return this.hello();
  }

  /** From where a connection is opened to a new session. */
  identify(s: number | null = 1, sessionId = "abc"): string[] {
    this.greet();
    this.on("permitted");
    return this.ready(s, sessionId);
  }

  /** A bench that has a session and is ready. */
  static ready(options: SessionBenchOptions = {}): SessionBench {
    const bench = new SessionBench(options);
    bench.on("start");
    bench.identify();
    return bench;
  }

  /** A bench that has sent RESUME. */
  static resuming(options: SessionBenchOptions = {}): SessionBench {
    const bench = new SessionBench({ resumePoint: RESUME_POINT, ...options });
    bench.on("start");
    bench.greet();
    return bench;
  }
}

/** What an effect means, in a word or two. */
export function inWords(effect: SessionEffect): string {
  switch (effect.type) {
    case "open":
      return `open ${effect.url}`;
    case "close":
      return `close ${effect.code}`;
    case "send":
      return commandInWords(effect.command);
    case "disconnected":
      return `disconnected ${effect.code}, ${effect.willResume ? "will resume" : "will not resume"}`;
    case "failed":
      return `failed ${effect.error.name} ${effect.error.code}`;
    default:
      return effect.type;
  }
}

function commandInWords({ op, d }: GatewayCommand): string {
  if (op === 1) return `heartbeat ${String(d)}`;
  if (op === 2) return "identify";
  const { session_id, seq } = d as { session_id: string; seq: number };
  return op === 6 ? `resume ${session_id} ${seq}` : `send ${op}`;
}
