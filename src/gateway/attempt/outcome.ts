import type { OwnkeyError } from '../../contract/index.ts'
import type { JobTold } from '../../metering/index.ts'
import type { Failure, Usage } from '../../providers/index.ts'
import type { ErrorAnswer } from '../answer/collect-failure.ts'

/** How one attempt ended. Times are milliseconds since its start. */
export interface Outcome {
  /** The failure before the first byte, or the one that opened the stream; absent: the provider served. */
  failure?: Failure | undefined
  /** The provider's error answer, redacted; absent when it never answered, or when it was relayed already. */
  answer?: ErrorAnswer | undefined
  /** Ownkey's own error where the provider gave no answer that could be passed on: unreachable, too slow, a redirect. */
  error?: OwnkeyError | undefined
  status?: number | undefined
  /** True from the first byte to the caller on: no fallback any more. */
  relayed: boolean
  /** The answer broke off, or the caller went away. */
  cut?: 'upstream' | 'caller' | undefined
  /** The failure that a stream told after it had begun well; it was served until then. */
  later?: Failure | undefined
  usage?: Usage | undefined
  /** The job that the answer is about; absent: none. */
  job?: JobTold | undefined
  /** Estimated tokens of the text that a stream delivered; absent where the answer is no stream. */
  deliveredTokens?: number | undefined
  firstByteMs?: number | undefined
  durationMs: number
  /** Bytes given to the caller. */
  bytes: number
}
