import {
  BotAuthentication,
  HTTPClient,
  HTTPRequestStatusError,
  LimitedGlobalRateLimiter,
  NoAnswerError,
  RateLimitingFailedError,
  Route,
} from "../../../../http/mod.ts";
import { type Contestant, type ContestantOptions, type ContestantRequest, TOKEN } from "./contestant.ts";

/** This library. */
export function createNextcore({ apiUrl, requestsPerSecond }: ContestantOptions): Contestant {
  const http = new HTTPClient({
    baseUrl: `${apiUrl}/v10`,
    globalRateLimiter: () => new LimitedGlobalRateLimiter(requestsPerSecond),
  });
  const authentication = new BotAuthentication(TOKEN);
  return {
    canAbort: true,
    async request({ method, template, parameters = {}, json, signal }: ContestantRequest): Promise<unknown> {
      const route = new Route(method, template, parameters);
      const response = await http.request(route, { authentication, json, signal });
      return await response.json();
    },
    mayBeExecuted(error): boolean | undefined {
      const isTelling = error instanceof HTTPRequestStatusError || error instanceof NoAnswerError ||
        error instanceof RateLimitingFailedError;
      return isTelling ? error.mayHaveBeenExecuted : undefined;
    },
  };
}
