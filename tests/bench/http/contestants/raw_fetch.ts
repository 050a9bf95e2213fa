import { sleep, systemClock } from "../../../../clock.ts";
import {
  type Contestant,
  type ContestantOptions,
  type ContestantRequest,
  pathOf,
  TOKEN,
} from "./contestant.ts";

/** So often one request is sent again. */
const MAX_ATTEMPTS = 100;

/** No client at all: everything at once, and again after each refusal, when the answer says so. */
export function createRawFetch({ apiUrl }: ContestantOptions): Contestant {
  return {
    canAbort: true,
    async request(request: ContestantRequest): Promise<unknown> {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const response = await fetch(`${apiUrl}/v10${pathOf(request)}`, initOf(request));
        const answer = await response.json();
        if (response.ok) return answer;
        if (response.status !== 429) throw new Error(`Status ${response.status}`);
        await sleep(systemClock, Number(answer.retry_after) * 1000, { signal: request.signal });
      }
      throw new Error("Refused too often");
    },
    mayBeExecuted: () => undefined,
  };
}

function initOf({ method, json, signal }: ContestantRequest): RequestInit {
  const headers = { Authorization: `Bot ${TOKEN}`, "User-Agent": "DiscordBot (https://example.org, 1)" };
  const init: RequestInit = signal ? { method, signal } : { method };
  if (json === undefined) return { ...init, headers };
  const body = JSON.stringify(json);
  return { ...init, headers: { ...headers, "Content-Type": "application/json" }, body };
}
