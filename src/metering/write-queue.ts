import type { Clock } from '../lib/index.ts'
import type { EntryBatch, Spool } from '../store/index.ts'
import { LineBatch } from './line-batch.ts'
import { createLineWriter } from './line-writer.ts'

export interface WriteQueueParts {
  node: string
  clock: Pick<Clock, 'monotonic'>
  write(batch: EntryBatch): Promise<unknown>
  /** Keeps the lines until they are written. */
  spool: Spool | undefined
  /** A batch has to wait for its next try. */
  onRetry(entries: number, error: unknown): void
  /** A line that the database refuses; see `LineWriterParts`. */
  setAside(line: string, error?: unknown): void
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

const pauses = { first: 50, longest: 2_000 }

/**
 * Group commit. While one batch is being written the next one gathers; batches are written one after the other, in
 * order, each until it succeeds (`createLineWriter`).
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
  const writer = createLineWriter({
    ...parts,
    pauses,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  })

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
      const isSound = await writer.write(batch)
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
      return writer.failingSince
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
      writer.stop()
      clearTimeout(timer)
      for (const waiter of waiters.splice(0)) waiter.done()
      return waiting
    },
  }
}
