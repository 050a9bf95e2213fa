import { seededRandom } from "../../http/limited_server.ts";
import { type Count, type LimitRule, ServerLimit } from "./server_limit.ts";
import { WorldRecord, type WorldReport } from "./world_record.ts";

/** What one contestant meets: its own limits, counted by the server alone. */
export interface WorldRules {
  /** Decides how long ways take, and what fails. */
  readonly seed: number;
  /** How long a request and its answer travel together: from, to. Nothing by default. */
  readonly roundTripMs?: readonly [number, number];
  /** The limit of each route on each channel. */
  readonly bucket?: LimitRule;
  /** Whether all routes of a channel share that limit, and show one id. */
  readonly isOneBucket?: boolean;
  /** The limit on everything. */
  readonly global?: LimitRule;
  /** After so many requests everything is refused for a while, as if somebody else had used the global limit up. */
  readonly pause?: { readonly after: number; readonly ms: number };
  /** A limit on requests that set one field, which no header shows. */
  readonly sublimit?: LimitRule & { readonly field: string };
  /** How many of the POSTs fail; half of those that do have been carried out. */
  readonly faultRate?: number;
}

/** A request as it arrives. */
export interface WorldRequest {
  readonly method: string;
  /** Without what leads to the API. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Statuses that do not say whether a request was carried out, and those that say it was not (A13). */
const EXECUTED_STATUSES = [500, 504];
const NOT_EXECUTED_STATUSES = [500, 502, 503];
const LIMITED = /^\/((?:channels|guilds|webhooks)\/\d+)/;

/** A Discord for one contestant: it counts what arrives, and knows nothing of who sends. */
export class World {
  readonly #rules: WorldRules;
  readonly #random: () => number;
  readonly #buckets = new Map<string, ServerLimit>();
  readonly #sublimits = new Map<string, ServerLimit>();
  readonly #global: ServerLimit | undefined;
  readonly #record = new WorldRecord();
  /** What was sent with which nonce (A13.2). */
  readonly #nonces = new Map<string, Readonly<Record<string, unknown>>>();
  readonly #attempts = new Map<string, number>();
  #pausedUntil: number | undefined;

  constructor(rules: WorldRules) {
    this.#rules = rules;
    this.#random = seededRandom(rules.seed);
    this.#global = rules.global && new ServerLimit(rules.global);
  }

  /** What has been counted so far. */
  report(): WorldReport {
    return this.#record.report();
  }

  /** Answers a request, after its way here and before its way back. */
  async answer(request: WorldRequest): Promise<Response> {
    const { roundTripMs } = this.#rules;
    if (roundTripMs === undefined) return this.#answer(request, performance.now());
    const [from, to] = roundTripMs;
    const wayMs = (from + this.#random() * (to - from)) / 2;
    const arrivedAt = performance.now();
    await pause(wayMs);
    const response = this.#answer(request, performance.now());
    await pause(wayMs);
    this.#record.leave(performance.now() - arrivedAt);
    if (response.headers.has("X-RateLimit-Global")) this.#record.tellPause(performance.now());
    return response;
  }

  #answer(request: WorldRequest, now: number): Response {
    this.#record.arrive(now);
    const pauseMs = this.#pauseMs(now);
    if (pauseMs > 0) {
      return this.#refuse("global", pauseMs, new Headers({ "X-RateLimit-Global": "true" }), now);
    }
    const global = this.#global?.count(now);
    if (global?.isRefused) {
      return this.#refuse("global", global.retryAfterMs, new Headers({ "X-RateLimit-Global": "true" }), now);
    }
    const [, resource] = LIMITED.exec(request.path) ?? [];
    const { bucket, sublimit } = this.#rules;
    if (resource === undefined || bucket === undefined) return this.#accept(request, new Headers());
    const id = this.#idOf(request);
    const count = limitIn(this.#buckets, `${id} ${resource}`, bucket).count(now);
    const headers = headersOf(bucket, count, id);
    if (count.isRefused) return this.#refuse("user", count.retryAfterMs, headers, now);
    if (sublimit !== undefined && sublimit.field in request.body) {
      const hidden = limitIn(this.#sublimits, resource, sublimit).count(now);
      if (hidden.isRefused) return this.#refuse("sublimit", hidden.retryAfterMs, headers, now);
    }
    return this.#accept(request, headers);
  }

  #pauseMs(now: number): number {
    const { pause } = this.#rules;
    if (pause === undefined) return 0;
    if (this.#pausedUntil === undefined && this.#record.accepted >= pause.after) {
      this.#pausedUntil = now + pause.ms;
    }
    return (this.#pausedUntil ?? now) - now;
  }

  #idOf({ method, path }: WorldRequest): string {
    if (this.#rules.isOneBucket === true) return "one-for-all";
    return `${method}${path.replaceAll(/\/\d+/g, "/id").replaceAll("/", "-")}`.toLowerCase();
  }

  #refuse(scope: "user" | "global" | "sublimit", waitMs: number, headers: Headers, now: number): Response {
    this.#record.refuse(scope, now);
    headers.set("X-RateLimit-Scope", scope === "global" ? "global" : "user");
    headers.set("Retry-After", String(Math.ceil(waitMs / 1000)));
    const retry_after = Number(seconds(waitMs));
    const message = "You are being rate limited.";
    return Response.json({ message, retry_after, global: scope === "global" }, { status: 429, headers });
  }

  #accept(request: WorldRequest, headers: Headers): Response {
    const { method, path, body } = request;
    this.#record.accept();
    const { faultRate } = this.#rules;
    const chance = faultRate === undefined ? undefined : this.#chanceOf(`${path} ${body.content}`);
    const fails = chance !== undefined && method === "POST" && chance() < (faultRate ?? 0);
    const isExecuted = !fails || chance() < 0.5;
    const answer = { id: "1", channel_id: "2", type: 0, flags: 0, content: body.content ?? "", mentions: [] };
    if (isExecuted && method === "POST") this.#execute(path, body, answer);
    if (!fails) return Response.json(answer, { headers });
    const statuses = isExecuted ? EXECUTED_STATUSES : NOT_EXECUTED_STATUSES;
    const status = statuses[Math.floor(chance() * statuses.length)] ?? 500;
    return Response.json({ message: "Internal Server Error", code: 0 }, { status, headers });
  }

  /** What befalls the next attempt at one request: the same for all contestants, whatever else they send. */
  #chanceOf(key: string): () => number {
    const attempt = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempt);
    const text = `${this.#rules.seed} ${key} ${attempt}`;
    return seededRandom(
      [...text].reduce((hash, char) => Math.imul(hash, 31) + (char.codePointAt(0) ?? 0), 7),
    );
  }

  #execute(
    path: string,
    body: Readonly<Record<string, unknown>>,
    answer: Readonly<Record<string, unknown>>,
  ): void {
    if (body.enforce_nonce === true) {
      const key = `${path} ${body.nonce}`;
      if (this.#nonces.has(key)) return;
      this.#nonces.set(key, answer);
    }
    this.#record.execute(path, String(body.content ?? ""));
  }
}

function limitIn(limits: Map<string, ServerLimit>, key: string, rule: LimitRule): ServerLimit {
  const limit = limits.get(key) ?? new ServerLimit(rule);
  limits.set(key, limit);
  return limit;
}

function headersOf({ limit }: LimitRule, { remaining, resetAfterMs }: Count, id: string): Headers {
  return new Headers({
    "X-RateLimit-Limit": String(limit),
    "X-RateLimit-Remaining": String(remaining),
    "X-RateLimit-Reset": seconds(Date.now() + resetAfterMs),
    "X-RateLimit-Reset-After": seconds(resetAfterMs),
    "X-RateLimit-Bucket": id,
  });
}

/** Seconds as Discord writes them, to the thousandth. */
function seconds(ms: number): string {
  return (Math.ceil(ms) / 1000).toFixed(3);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
