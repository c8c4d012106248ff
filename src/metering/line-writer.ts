import { OwnkeyError } from '../contract/index.ts'
import type { Clock } from '../lib/index.ts'
import type { EntryBatch } from '../store/index.ts'
import type { LineBatch } from './line-batch.ts'

export interface LineWriterParts {
  node: string
  clock: Pick<Clock, 'monotonic'>
  write(batch: EntryBatch): Promise<unknown>
  /** A batch has to wait for its next try. */
  onRetry(entries: number, error: unknown): void
  /** A line that the database refuses although it can be reached; the end of such an entry comes without an error of its own. */
  setAside(line: string, error?: unknown): void
  /** Milliseconds before the second try, and at most. */
  pauses: { first: number; longest: number }
  pause(ms: number): Promise<unknown>
}

export interface LineWriter {
  /** Milliseconds (monotonic) since when the oldest batch has been failing; undefined: all is well. */
  readonly failingSince: number | undefined
  /** @returns whether it succeeded at the first try */
  write(batch: LineBatch): Promise<boolean>
  /** Tries no more. */
  stop(): void
}

/**
 * Writes a batch, exactly the same, until it succeeds. One that the database refuses although it can be reached is divided until
 * the line that it refuses is alone, and only that one is set aside.
 */
export function createLineWriter(parts: LineWriterParts): LineWriter {
  /** Entries that could not begin: their ends find nothing. */
  const notBegun = new Set<string>()
  let failingSince: number | undefined
  let stopped = false

  async function write(batch: LineBatch): Promise<boolean> {
    const { first, longest } = parts.pauses
    for (let pause = first; !stopped; pause = Math.min(pause * 2, longest)) {
      try {
        await parts.write(batch.asRows(parts.node))
        failingSince = undefined
        if (notBegun.size > 0) setEndsAside(batch)
        return pause === first
      } catch (error) {
        if (!isPassing(error)) {
          await writeInHalves(batch, error)
          return false
        }
        failingSince ??= parts.clock.monotonic()
        parts.onRetry(batch.size, error)
        await parts.pause(pause)
      }
    }
    return false
  }

  async function writeInHalves(batch: LineBatch, error: unknown): Promise<void> {
    // It was reached and looked at the lines.
    failingSince = undefined
    if (batch.lines > 1) {
      for (const half of batch.halves()) await write(half)
      return
    }
    for (const line of batch.opened.list()) notBegun.add(idOf(line))
    for (const line of [...batch.opened.list(), ...batch.ended.list()]) parts.setAside(line, error)
  }

  function setEndsAside(batch: LineBatch): void {
    for (const line of batch.ended.list()) if (notBegun.delete(idOf(line))) parts.setAside(line)
  }

  return {
    get failingSince() {
      return failingSince
    },
    write,
    stop() {
      stopped = true
    },
  }
}

function idOf(line: string): string {
  return (JSON.parse(line) as { id: string }).id
}

/**
 * Classes of SQLSTATE that say "this very data": data exceptions, broken constraints, what is too large for an index. Not a broken
 * reference: that is an organization that was deleted while the batch was written, and the next try leaves it out. Nor a table
 * or a right that is missing: no line would be written, and all can be once the database is as it should be.
 */
const refusals = /^(22|23(?!503)|54)/

/** True for a failure that another try may not meet: no connection, a deadlock, a server that is starting. */
function isPassing(error: unknown): boolean {
  if (error instanceof OwnkeyError) return true
  const { code } = error as { code?: string }
  return code === undefined || !refusals.test(code)
}
