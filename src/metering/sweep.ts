import { type Database, keepNodeAlive, orphanedEntries, sweepBooks, writeEntries } from '../store/index.ts'
import { unknownEnd } from './replay-spool.ts'

interface SweepParts {
  database: Database
  node: string
  deadAfterMs: number
}

/** Settles, as estimated, what dead nodes left reserved. Answers with the number of entries. */
export async function sweepOrphans({ database, node, deadAfterMs }: SweepParts): Promise<number> {
  let settled = 0
  for (;;) {
    const orphans = await orphanedEntries(database, deadAfterMs)
    if (orphans.length === 0) return settled
    const now = Date.now()
    const ended = JSON.stringify(orphans.map((orphan) => unknownEnd(orphan.id, orphan.started_ms, now)))
    await writeEntries(database, { opened: '[]', ended, node, charging: true })
    settled += orphans.length
  }
}

/** Says that this node lives, three times within the time after which it would be taken for dead, and sweeps. */
export function startSweeping(parts: SweepParts & { onNodes(nodes: number): void }): { stop(): Promise<void> } {
  const { database, node, deadAfterMs, onNodes } = parts
  let rounds = 0
  let running: Promise<void> | undefined

  async function round(): Promise<void> {
    onNodes(await keepNodeAlive(database, node, deadAfterMs))
    await sweepOrphans(parts)
    // Old request ids are many at most once a day; there is no hurry.
    if (rounds++ % 20 === 0) await sweepBooks(database)
  }

  function start(): void {
    // A round that fails is made up for by the next one; until then nothing is wrong but late.
    running ??= round()
      .catch(() => {})
      .finally(() => {
        running = undefined
      })
  }

  start()
  const timer = setInterval(start, deadAfterMs / 3).unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
