import {
  type Contestant,
  type ContestantOptions,
  type ContestantRequest,
  pathOf,
  TOKEN,
} from "./contestant.ts";

/** What is used of the package. */
interface DiscordjsRest {
  readonly REST: new (options: Readonly<Record<string, unknown>>) => RestManager;
}

interface RestManager {
  setToken(token: string): void;
  request(options: Readonly<Record<string, unknown>>): Promise<unknown>;
}

const PACKAGE: string = "@discordjs/rest";

/** discord.js's client, as it comes. */
export async function createDiscordjs(options: ContestantOptions): Promise<Contestant> {
  const { apiUrl: api, requestsPerSecond: globalRequestsPerSecond, isForgetful } = options;
  const { REST }: DiscordjsRest = await import(PACKAGE);
  const rest = new REST({
    api,
    globalRequestsPerSecond,
    ...isForgetful ? { handlerSweepInterval: 1000 } : {},
  });
  rest.setToken(TOKEN);
  return {
    canAbort: true,
    request(request: ContestantRequest): Promise<unknown> {
      const { method, json: body, signal } = request;
      return rest.request({ method, fullRoute: pathOf(request), body, signal });
    },
    mayBeExecuted: () => undefined,
  };
}
