import { OwnkeyError } from '../contract/index.ts'
import type { Clock } from '../lib/index.ts'
import type { EntryBatch, Spool } from '../store/index.ts'
import { LineBatch } from './line-batch.ts'

export interface WriteQueueParts {
  node: string
  clock: Pick<Clock, 'monotonic'>
  write(batch: EntryBatch): Promise<unknown>
  /** Keeps the lines until they are written. */
  spool: Spool | undefined
  onTrouble(trouble: { kind: 'retrying' | 'lost'; entries: number; error: unknown }): void
  /** Milliseconds that lines gather before they are written. */
  gatherMs: number
  /** Entries that begin in one statement at most, and as many that end. */
  batchSize: number
}

export interface OpenedLine {
  json: string
  /** It moves balances or quotas. */
  charging: boolean
}

export interface EndedLine extends OpenedLine {
  /** The caller chose the request id: what becomes of its charge may concern others. */
  isNamed: boolean
  /** The batch in which the entry begins; absent when it is in the database. */
  batch: number | undefined
  /** Called once the line is in the database, or given up. */
  onWritten?: (() => void) | undefined
}

export interface WriteQueue {
  /** @returns the number of the batch that the line is in */
  pushOpened(line: OpenedLine): number
  pushEnded(line: EndedLine): void
  /** Entries of which something is not in the database yet. */
  readonly waiting: number
  /** Milliseconds (monotonic) since when the oldest batch has been failing; undefined: all is well. */
  readonly failingSince: number | undefined
  flush(): Promise<void>
  /** Stops trying; answers with the number of entries that were not written. */
  stop(): number
}

interface Waiter {
  /** Number of the last batch that it waits for. */
  batch: number
  done: () => void
}

const firstPauseMs = 50
const longestPauseMs = 2_000

/**
 * Group commit: while one batch is being written, the next one gathers. Batches are written in order. One that fails is written
 * again, unchanged, until it succeeds. If the database itself refuses a batch, it is halved until the line that it refuses is
 * alone, and only that line is given up.
 */
export function createWriteQueue(parts: WriteQueueParts): WriteQueue {
  const { spool } = parts
  const keepLine = spool === undefined ? undefined : spool.append.bind(spool)
  /** Full batches, oldest first, and the one that gathers. */
  const full: LineBatch[] = []
  let gathering = new LineBatch(1)
  /** A batch that was written, to be used again. */
  let spare: LineBatch | undefined
  let writing: LineBatch | undefined
  let waiting = 0
  let waiters: Waiter[] = []
  let timer: NodeJS.Timeout | undefined
  let running = false
  let stopped = false
  let failingSince: number | undefined

  function schedule(): void {
    if (running || stopped || timer) return
    timer = setTimeout(run, parts.gatherMs)
  }

  function run(): void {
    clearTimeout(timer)
    timer = undefined
    if (running || stopped) return
    running = true
    void drain().finally(() => {
      running = false
      if (waiting > 0) schedule()
    })
  }

  async function drain(): Promise<void> {
    while (!stopped && waiting > 0) {
      const batch = take()
      writing = batch
      spool?.beginBatch({
        written: batch.number - 1,
        newest: gathering.lines > 0 ? gathering.number : gathering.number - 1,
      })
      const isSound = await writeUntilDone(batch)
      if (stopped) return
      writing = undefined
      waiting -= batch.size
      batch.noteWritten()
      // The bytes of a batch that failed may still be in use by a connection that was given up.
      if (isSound) spare ??= batch
      wake(batch.number)
      if (full.length === 0 && waiters.length === 0) break
    }
    if (waiting === 0) spool?.clear()
  }

  function take(): LineBatch {
    const oldest = full.shift()
    if (oldest !== undefined) return oldest
    return closeGathering()
  }

  function closeGathering(): LineBatch {
    const batch = gathering
    const number = batch.number + 1
    spare?.reuse(number)
    gathering = spare ?? new LineBatch(number)
    spare = undefined
    return batch
  }

  /** @returns whether it succeeded at the first try */
  async function writeUntilDone(batch: LineBatch): Promise<boolean> {
    for (let pause = firstPauseMs; !stopped; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        await parts.write(batch.asRows(parts.node))
        failingSince = undefined
        return pause === firstPauseMs
      } catch (error) {
        if (!isPassing(error)) {
          await writeInHalves(batch, error)
          return false
        }
        failingSince ??= parts.clock.monotonic()
        parts.onTrouble({ kind: 'retrying', entries: batch.size, error })
        await new Promise<void>((resolve) => setTimeout(resolve, pause))
      }
    }
    return false
  }

  async function writeInHalves(batch: LineBatch, error: unknown): Promise<void> {
    if (batch.lines <= 1) return parts.onTrouble({ kind: 'lost', entries: batch.size, error })
    for (const half of batch.halves()) await writeUntilDone(half)
  }

  function wake(written: number): void {
    const done = waiters.filter((waiter) => waiter.batch <= written)
    if (done.length === 0) return
    waiters = waiters.filter((waiter) => waiter.batch > written)
    for (const waiter of done) waiter.done()
  }

  function added(): void {
    if (gathering.opened.count >= parts.batchSize || gathering.ended.count >= parts.batchSize)
      full.push(closeGathering())
    schedule()
  }

  return {
    pushOpened({ json, charging }) {
      const { number } = gathering
      gathering.opened.add(json, keepLine)
      gathering.charging ||= charging
      waiting++
      added()
      return number
    },
    pushEnded({ json, charging, isNamed, batch, onWritten }) {
      gathering.ended.add(json, keepLine)
      gathering.charging ||= charging
      gathering.endsNamed ||= charging && isNamed
      gathering.whenWritten(onWritten)
      if (batch !== gathering.number) {
        gathering.endedLater++
        waiting++
      }
      added()
    },
    get waiting() {
      return waiting
    },
    get failingSince() {
      return failingSince
    },
    flush() {
      if (waiting === 0) return Promise.resolve()
      const last = gathering.lines > 0 ? gathering : (full.at(-1) ?? writing)
      return new Promise((done) => {
        waiters.push({ batch: last?.number ?? 0, done })
        run()
      })
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      for (const waiter of waiters.splice(0)) waiter.done()
      return waiting
    },
  }
}

/**
 * Classes of SQLSTATE that say "this very data": data exceptions, broken constraints, wrong statements. Not a broken
 * reference: that is an organization that was deleted while the batch was written, and the next try leaves it out.
 */
const refusals = /^(22|23(?!503)|42)/

/** True for a failure that another try may not meet: no connection, a deadlock, a server that is starting. */
function isPassing(error: unknown): boolean {
  if (error instanceof OwnkeyError) return true
  const { code } = error as { code?: string }
  return code === undefined || !refusals.test(code)
}
