/** One operation of Discord's API, as a line of operations.json tells of it. */
export interface DiscordOperation {
  readonly method: string;
  /** Its template. */
  readonly path: string;
  readonly operationId: string;
  /** The names that its query takes. */
  readonly query: readonly string[];
  /** The fields that its JSON takes, whichever kind of it; `null` where it takes none. */
  readonly body: readonly string[] | null;
  /** Status and media type of its successes, such as `200 application/json` and `204 nothing`. */
  readonly answers: readonly string[];
}
