/** A request as a row asks for it. */
export interface ContestantRequest {
  readonly method: "GET" | "POST" | "PATCH";
  /** A path with names in braces. */
  readonly template: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly json?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

/** What a contestant is made with. */
export interface ContestantOptions {
  /** Where the API is, without the version. */
  readonly apiUrl: string;
  /** The global limit it is told. */
  readonly requestsPerSecond: number;
  /** Whether it shall forget what is idle as soon as it can be told to. */
  readonly isForgetful: boolean;
}

/** A client to be measured. */
export interface Contestant {
  /** Whether a request that waits can be taken back. */
  readonly canAbort: boolean;
  /** Sends a request and gives the answer's JSON; rejects when it has failed for good. */
  request(request: ContestantRequest): Promise<unknown>;
  /** Whether the request that failed so may have been carried out; `undefined` where the error does not tell. */
  mayBeExecuted(error: unknown): boolean | undefined;
}

/** The credentials of all. */
export const TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";

/** The path of a request, its parameters filled in. */
export function pathOf({ template, parameters = {} }: ContestantRequest): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? "");
}
