import type { OwnkeyError } from '../contract/index.ts'
import type { Failure, Usage } from '../providers/index.ts'
import type { ErrorAnswer } from './collect-failure.ts'

/** How one attempt ended. Times are milliseconds since its start. */
export interface Outcome {
  /** What failed before the first byte, or opened the stream; absent: the provider served. */
  failure?: Failure | undefined
  /** The provider's error answer, redacted; absent when it never answered, or when it was relayed already. */
  answer?: ErrorAnswer | undefined
  /** Ownkey's words for a provider that cannot be reached, is too slow or redirects. */
  error?: OwnkeyError | undefined
  status?: number | undefined
  /** True from the first byte to the caller on: no fallback any more. */
  relayed: boolean
  /** The answer broke off, or the caller went away. */
  cut?: 'upstream' | 'caller' | undefined
  /** What a stream told after it had begun well: it was served until then. */
  later?: Failure | undefined
  usage?: Usage | undefined
  /** Tokens of the text that a stream delivered, estimated; absent where the answer is none. */
  deliveredTokens?: number | undefined
  firstByteMs?: number | undefined
  durationMs: number
  /** Bytes given to the caller. */
  bytes: number
}
