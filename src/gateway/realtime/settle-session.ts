import type { EntryEnd } from '../../metering/index.ts'
import type { Reserved } from '../attempt/try-attempt.ts'
import type { Turn } from '../attempt/turn.ts'
import type { Exchange } from '../exchange.ts'
import type { KeyLesson } from './key-lesson.ts'
import type { SessionEnd } from './session.ts'
import type { SessionUsage } from './session-usage.ts'

export interface Served {
  exchange: Required<Exchange>
  turn: Turn
  reserved: Reserved
}

export interface Ended {
  end: SessionEnd
  usage: SessionUsage
  lesson: KeyLesson
  handshakeMs: number
}

/** A session is charged once it was served: when the provider sent anything but an error, or did not end it with one. */
export function settleSession({ exchange, reserved }: Served, { end, usage, lesson, handshakeMs }: Ended): void {
  const { provider, surface } = exchange
  const { byProvider } = end
  const closed = byProvider === undefined ? undefined : provider.readClose?.(byProvider.code, byProvider.reason)
  const failure = usage.failure ?? closed
  const charged = usage.served || failure === undefined
  const measured = usage.counts(surface, end.durationMs)
  const entryEnd: EntryEnd = {
    status: 101,
    errorClass: failure?.class,
    firstByteMs: Math.round(handshakeMs),
    durationMs: Math.round(handshakeMs + end.durationMs),
    charged,
    model: exchange.model,
    ...(charged && measured),
  }
  reserved.entry.settle(entryEnd)
  // A caller who left before the provider said anything has not proved the key.
  if (failure !== undefined || byProvider !== undefined) lesson.learn(failure)
}
