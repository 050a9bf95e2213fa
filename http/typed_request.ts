import type { OperationOf } from "./operations.ts";
import type { RequestOptions } from "./request_options.ts";
import type { Query } from "./request_head.ts";

/** Options of a request of a known operation: what it takes as JSON and as query has a type. */
export type RequestOptionsOf<Method extends string, Template extends string> = RequestOptions<
  OperationOf<Method, Template> extends { body: infer Body } ? OpenBody<Body> : unknown,
  QueryOf<Method, Template>
>;

/** The query of a known operation; any where there is none. */
export type QueryOf<Method extends string, Template extends string> = OperationOf<Method, Template> extends
  { query: infer Parameters } ? OpenQuery<Parameters> : Query;

/** What is described is checked; what is not is sent all the same: Discord adds fields without notice (A18.3). */
export type OpenBody<Body> = Body | (Body & Readonly<Record<string, unknown>>);

/** What is described is checked; what is not is sent all the same (A18.3). */
export type OpenQuery<Parameters> =
  | Parameters
  | (Parameters & Exclude<Query, URLSearchParams>)
  | URLSearchParams;

/** What a request resolves with: its JSON has a type where the operation is known. */
export type ResponseOf<Method extends string, Template extends string> = OperationOf<Method, Template> extends
  { response: infer JSON } ? TypedResponse<JSON> : Response;

/** A `Response` whose JSON has a known type; without a body it is `undefined` (A11.3). */
export interface TypedResponse<JSON> extends Response {
  /** The body, parsed. */
  json(): Promise<JSON>;
}
