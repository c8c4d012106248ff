/** What an exchange sends: nothing, bytes in one piece or several, or pieces that come while they are sent. */
export type WireBody = null | Buffer | readonly Buffer[] | AsyncIterable<Buffer>

export interface WireRequest {
  method: string
  path: string
  /** Name, value, name, value …; a `content-length` among them is the length of a body that comes in pieces. */
  headers: readonly string[]
  body: WireBody
  /**
   * Whose request it is. A connection goes from one to another only after it has been silent for a while; absent: the server's own.
   */
  owner?: string | undefined
}

/**
 * Told of one answer, in this order. `onComplete` or `onError` is called once, and nothing after it. Whatever one of these throws,
 * `onComplete` included, goes to `onError`.
 */
export interface AnswerHandler {
  /** @param resume goes on after an `onData` that returned false */
  onHeaders(status: number, headers: string[], resume: () => void): void
  /** A piece of the body, its memory the handler's own. False: no more until `resume` is called. */
  onData(chunk: Buffer): boolean
  onComplete(): void
  onError(error: Error): void
}

/** How long a silence may last, in ticks of whoever calls `tick`. */
export interface ConnectionTimes {
  /** From the request's last byte to the end of the answer's head. */
  firstByteTicks: number
  /** Between two pieces of the answer; a caller who takes none, or sends none, is not counted. */
  idleTicks: number
  tickMs: number
}
