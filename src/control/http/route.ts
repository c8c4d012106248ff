import type { z } from 'zod'
import type { ControlDeps } from '../deps.ts'
import type { Caller } from './caller.ts'
import type { CsvTable } from './csv.ts'

type Shape = z.ZodType | undefined
type Value<Schema extends Shape> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** One call as a route's handler sees it: parsed, authenticated and allowed. */
export interface Call<Params extends Shape, Query extends Shape, Body extends Shape> {
  params: Value<Params>
  query: Value<Query>
  body: Value<Body>
  caller: Caller
  /** The peer's address, for the audit log. */
  ip: string
  /** The caller asked for `text/csv`. */
  csv: boolean
  /** Hands over what is known before the answer; nothing happens where the caller did not ask for it. */
  tell(progress: object): void
  /** Scheme and host by which the caller reached us, for links; the public URL where that cannot be told. */
  requestOrigin: string
}

/** A page of rows that goes out as CSV. */
export interface CsvAnswer {
  csv: CsvTable
  nextCursor: string | null
}

/** Lines of text that go out as they are read, one JSON object each. */
export interface LinesAnswer {
  lines: AsyncIterable<string>
}

/** No body, and where to look instead. */
export interface LocatedAnswer {
  location: string
}

/** Routes that belong together; `openapi.ts` says of each what it is for. */
export type Tag = 'AI settings' | 'Books' | 'Keys' | 'Operator' | 'Organizations' | 'Sessions' | 'Tokens' | 'Webhooks'

/** One route: what it takes, what it answers, and the verb behind it. Who may call it stands in `access.ts`. */
export interface Route<Params extends Shape, Query extends Shape, Body extends Shape, Answer extends Shape> {
  name: string
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** With `:name` for parameters. */
  path: string
  summary: string
  tag: Tag
  params?: Params
  query?: Query
  body?: Body
  /** Absent: 204 without a body. */
  answer?: Answer
  /** With `Accept: application/x-ndjson` it answers line by line: progress as it comes, then `{"result": …}`. */
  tellsProgress?: boolean
  /** Its answer is `LinesAnswer`. */
  answersLines?: boolean
  /** The longest body, in bytes; absent: the API's own limit. */
  bodyLimit?: number
  /** Default 200, or 204 without an answer. */
  status?: 200 | 201 | 204
  handle(
    call: Call<Params, Query, Body>,
    deps: ControlDeps,
  ): Promise<Value<Answer> | CsvAnswer | LinesAnswer | LocatedAnswer>
}

/** A route of any shape, as the server registers it. */
// biome-ignore lint/suspicious/noExplicitAny: the shapes of many routes have no common type; each was checked by `defineRoute`
export type AnyRoute = Route<any, any, any, any>

/** Only infers the types of one route. */
export function defineRoute<
  Params extends Shape = undefined,
  Query extends Shape = undefined,
  Body extends Shape = undefined,
  Answer extends Shape = undefined,
>(route: Route<Params, Query, Body, Answer>): Route<Params, Query, Body, Answer> {
  return route
}
