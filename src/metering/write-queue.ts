import { OwnkeyError } from '../contract/index.ts'
import type { EntryBatch } from '../store/index.ts'

/** One thing to be written: its JSON, and whether it moves balances or quotas. */
export interface Line {
  json: string
  charging: boolean
  /** Called once the line is in the database (of an entry: with its end), or given up. */
  onWritten?: (() => void) | undefined
}

/** An entry that waits to be written; once taken, its end becomes a line of its own. */
export interface OpenedLine extends Line {
  taken: boolean
  ended: string | undefined
}

export interface WriteQueueParts {
  node: string
  write(batch: EntryBatch): Promise<unknown>
  /** The batch that was taken holds everything pushed so far, or its oldest part. */
  onTake(): void
  /** Nothing waits any more. */
  onIdle(): void
  onTrouble(trouble: { kind: 'retrying' | 'lost'; entries: number; error: unknown }): void
  /** Milliseconds that lines gather before they are written. */
  gatherMs: number
  /** Lines in one statement at most. */
  batchSize: number
}

export interface WriteQueue {
  pushOpened(line: OpenedLine): void
  pushEnded(line: Line): void
  /** Lines that are not in the database yet. */
  readonly waiting: number
  /** Milliseconds (monotonic) since when the oldest batch has been failing; undefined: all is well. */
  readonly failingSince: number | undefined
  flush(): Promise<void>
  /** Stops trying; answers with the number of lines that were not written. */
  stop(): number
}

interface Batch {
  opened: OpenedLine[]
  ended: Line[]
}

interface Waiter {
  opened: number
  ended: number
  done: () => void
}

const firstPauseMs = 50
const longestPauseMs = 2_000

/**
 * Group commit. While one batch is being written the next one gathers; batches are written one after the other, in
 * order, and a batch that fails is written again, exactly the same, until it succeeds. A batch that the database refuses
 * although it can be reached is divided until the line that it refuses is alone, and only that one is given up.
 */
export function createWriteQueue(parts: WriteQueueParts): WriteQueue {
  let opened: OpenedLine[] = []
  let ended: Line[] = []
  const pushed = { opened: 0, ended: 0 }
  const written = { opened: 0, ended: 0 }
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
      if (opened.length + ended.length > 0) schedule()
    })
  }

  async function drain(): Promise<void> {
    while (!stopped && opened.length + ended.length > 0) {
      const batch = take()
      parts.onTake()
      await writeUntilDone(batch)
      if (stopped) return
      written.opened += batch.opened.length
      written.ended += batch.ended.length
      for (const line of batch.opened) line.onWritten?.()
      for (const line of batch.ended) line.onWritten?.()
      wake()
      if (opened.length < parts.batchSize && waiters.length === 0) break
    }
    if (opened.length + ended.length === 0) parts.onIdle()
  }

  function take(): Batch {
    const batch = { opened: opened.slice(0, parts.batchSize), ended: ended.slice(0, parts.batchSize) }
    opened = opened.length > parts.batchSize ? opened.slice(parts.batchSize) : []
    ended = ended.length > parts.batchSize ? ended.slice(parts.batchSize) : []
    for (const line of batch.opened) line.taken = true
    return batch
  }

  async function writeUntilDone(batch: Batch): Promise<void> {
    for (let pause = firstPauseMs; !stopped; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        await parts.write(toRows(batch, parts.node))
        failingSince = undefined
        return
      } catch (error) {
        const size = batch.opened.length + batch.ended.length
        if (!isPassing(error)) return await writeInHalves(batch, error)
        failingSince ??= performance.now()
        parts.onTrouble({ kind: 'retrying', entries: size, error })
        await new Promise<void>((resolve) => setTimeout(resolve, pause))
      }
    }
  }

  async function writeInHalves(batch: Batch, error: unknown): Promise<void> {
    const size = batch.opened.length + batch.ended.length
    if (size <= 1) return parts.onTrouble({ kind: 'lost', entries: size, error })
    for (const half of halves(batch)) await writeUntilDone(half)
  }

  function wake(): void {
    const ready = (waiter: Waiter) => waiter.opened <= written.opened && waiter.ended <= written.ended
    const done = waiters.filter(ready)
    waiters = waiters.filter((waiter) => !ready(waiter))
    for (const waiter of done) waiter.done()
  }

  return {
    pushOpened(line) {
      opened.push(line)
      pushed.opened++
      schedule()
    },
    pushEnded(line) {
      ended.push(line)
      pushed.ended++
      schedule()
    },
    get waiting() {
      return pushed.opened - written.opened + pushed.ended - written.ended
    },
    get failingSince() {
      return failingSince
    },
    flush() {
      if (written.opened === pushed.opened && written.ended === pushed.ended) return Promise.resolve()
      return new Promise((done) => {
        waiters.push({ ...pushed, done })
        run()
      })
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      for (const waiter of waiters.splice(0)) waiter.done()
      return pushed.opened - written.opened + pushed.ended - written.ended
    },
  }
}

function toRows(batch: Batch, node: string): EntryBatch {
  const ends: string[] = []
  let charging = false
  for (const line of batch.opened) {
    charging ||= line.charging
    if (line.ended !== undefined) ends.push(line.ended)
  }
  for (const line of batch.ended) {
    charging ||= line.charging
    ends.push(line.json)
  }
  return {
    opened: `[${batch.opened.map((line) => line.json).join(',')}]`,
    ended: `[${ends.join(',')}]`,
    node,
    charging,
  }
}

function halves({ opened, ended }: Batch): Batch[] {
  // Beginnings before ends: an end finds its entry only when that is written.
  if (opened.length > 0 && ended.length > 0)
    return [
      { opened, ended: [] },
      { opened: [], ended },
    ]
  const middle = Math.ceil(Math.max(opened.length, ended.length) / 2)
  return [
    { opened: opened.slice(0, middle), ended: ended.slice(0, middle) },
    { opened: opened.slice(middle), ended: ended.slice(middle) },
  ]
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
