/**
 * A request as the gateway reads it, and the answer as it writes it. Node's own messages are such, and so are those of plain
 * connections (src/server/plain), which cost less.
 */
export interface CallerRequest {
  readonly method?: string | undefined
  /** Path and query, byte for byte. */
  readonly url?: string | undefined
  /** Name as written, value, name, value …, in the order in which they came. */
  readonly rawHeaders: readonly string[]
  /** The whole body was received, though perhaps not read yet. */
  readonly complete: boolean
  readonly socket: Cuttable
  /** `data` comes while the request flows; `end` once, behind the last; `close` when nothing more can come. */
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  once(event: 'end' | 'error' | 'close', listener: () => void): unknown
  off(event: 'end' | 'error' | 'close', listener: () => void): unknown
  /** Takes the body, where all of it is here and nobody has begun to read it; then nothing of it flows. Absent: it has to be listened to. */
  takeWhole?(): Buffer[] | undefined
  /** Lets the body flow to the listeners of `data`; without one it is dropped. */
  resume(): unknown
  pause(): unknown
}

export interface CallerResponse {
  readonly headersSent: boolean
  /** The caller is gone, or was cut. */
  readonly destroyed: boolean
  /** Everything is with the system. */
  readonly writableFinished: boolean
  readonly socket: Cuttable | null
  /** @param headers name, value, name, value …; without a `content-length` among them the body goes in chunks */
  writeHead(status: number, headers: string[]): unknown
  /** @returns false: no more until `drain` */
  write(chunk: Buffer | string, written?: () => void): boolean
  end(chunk?: Buffer): unknown
  destroy(): unknown
  /** `close` comes once: the answer is out, or its connection gone. */
  on(event: 'close' | 'drain', listener: () => void): unknown
  once(event: 'close' | 'drain', listener: () => void): unknown
  listenerCount(event: 'drain'): number
}

interface Cuttable {
  destroy(): unknown
  /** Once what was written is with the system. */
  destroySoon(): unknown
}
