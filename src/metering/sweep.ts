import { type Database, orphanedEntries, settleRepeats, sweepBooks, writeBooks } from '../store/index.ts'
import { unknownEnd } from './replay-spool.ts'
import type { NodesWatch } from './watch-nodes.ts'

interface SweepParts {
  database: Database
  node: string
  deadAfterMs: number
}

/** Settles, as estimated, what dead nodes left reserved. Answers with the number of entries. */
export async function sweepOrphans({ database, node, deadAfterMs }: SweepParts): Promise<number> {
  let settled = 0
  for (;;) {
    const orphans = await orphanedEntries(database, node, deadAfterMs)
    if (orphans.length === 0) return settled
    const now = Date.now()
    const ended = JSON.stringify(orphans.map((orphan) => unknownEnd(orphan.id, orphan.started_ms, now)))
    await writeBooks(database, { opened: '[]', ended, node, charging: true, endsNamed: true })
    settled += orphans.length
  }
}

interface SweepingParts extends SweepParts {
  nodes: NodesWatch
  /** Resolves when the spool of a killed process of this machine is written: it knows how those entries ended. */
  replayed: Promise<void>
}

/** Rounds for which the sweep waits for that spool. */
const patientRounds = 3

/** Says that this node lives, three times within the time after which it would be taken for dead, and sweeps. */
export function startSweeping(parts: SweepingParts): { stop(): Promise<void> } {
  const { database, deadAfterMs, nodes, replayed } = parts
  let rounds = 0
  let running: Promise<void> | undefined
  let isReplayed = false
  let isStopped = false

  async function round(): Promise<void> {
    await nodes.beat()
    if (isReplayed || rounds >= patientRounds) await sweepOrphans(parts)
    // A charge and its repeat that ended on two processes in the same moment did not see each other.
    await settleRepeats(database)
    // Old request ids are many at most once a day; there is no hurry.
    if (rounds++ % 20 === 0) await sweepBooks(database)
  }

  function start(): void {
    if (isStopped) return
    // If a round fails, the next one makes up for it.
    running ??= round()
      .catch(() => {})
      .finally(() => {
        running = undefined
      })
  }

  start()
  void replayed.then(() => {
    isReplayed = true
    start()
  })
  const timer = setInterval(start, deadAfterMs / 3).unref()
  return {
    async stop() {
      isStopped = true
      clearInterval(timer)
      await running
    },
  }
}
