import {
  type Contestant,
  type ContestantOptions,
  type ContestantRequest,
  pathOf,
  TOKEN,
} from "./contestant.ts";

/** What is used of the package. */
interface DiscordenoRest {
  createRestManager(options: Readonly<Record<string, unknown>>): RestManager;
}

interface RestManager {
  baseUrl: string;
  deleteQueueDelay: number;
  makeRequest(method: string, path: string, options?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

const PACKAGE: string = "@discordeno/rest";

/** Discordeno's client, as it comes. It knows no global limit in advance, and takes no signal. */
export async function createDiscordeno({ apiUrl, isForgetful }: ContestantOptions): Promise<Contestant> {
  const { createRestManager }: DiscordenoRest = await import(PACKAGE);
  const silent = (): void => {};
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  const rest = createRestManager({ token: TOKEN, logger });
  // Not as a proxy, for which it would leave the limits alone.
  rest.baseUrl = apiUrl;
  if (isForgetful) rest.deleteQueueDelay = 1000;
  return {
    canAbort: false,
    request(request: ContestantRequest): Promise<unknown> {
      const { method, json: body } = request;
      return rest.makeRequest(method, pathOf(request), body === undefined ? {} : { body });
    },
    mayBeExecuted: () => undefined,
  };
}
