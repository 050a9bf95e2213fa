import {
  type DiscordInteractionCallbackResponse,
  type HTTPClient,
  type InteractionCreate,
  Route,
} from "../http/mod.ts";
import type { Callback, CallbackSender } from "./answer.ts";

const TEMPLATE = "/interactions/{interaction_id}/{interaction_token}/callback";

/** Answers by a request of its own: never queued behind anything, nothing authorised (A2.7, A15.1, A15.2). */
export class CallbackRequest implements CallbackSender {
  readonly transport = "gateway";
  readonly #http: HTTPClient;
  readonly #interaction: InteractionCreate;

  constructor(http: HTTPClient, interaction: InteractionCreate) {
    this.#http = http;
    this.#interaction = interaction;
  }

  async send(
    { body, files, withResponse, maxWaitMs, signal }: Callback,
  ): Promise<DiscordInteractionCallbackResponse | undefined> {
    const { id, token } = this.#interaction;
    const route = new Route("POST", TEMPLATE, { interaction_id: id, interaction_token: token });
    const query = withResponse ? { with_response: true } : {};
    const response = await this.#http.request(route, { json: body, files, query, maxWaitMs, signal });
    return withResponse ? await response.json() : undefined;
  }
}
