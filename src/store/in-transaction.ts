import { OwnkeyError } from '../contract/index.ts'
import type { Queryable } from './database.ts'

/** Runs `work` between begin and commit on one session; rolls back, and throws what `work` threw, when it fails. */
export async function inTransaction<T>(run: Queryable['query'], work: (tx: Queryable) => Promise<T>): Promise<T> {
  let over = false
  const tx: Queryable = {
    async query(text, values) {
      // The session belongs to somebody else by then: a forgotten `await` must not write into their transaction.
      if (over) throw new OwnkeyError('internal', { detail: 'A transaction was used after its end.' })
      return run(text, values)
    },
  }
  await run('begin')
  try {
    const result = await work(tx)
    over = true
    await run('commit')
    return result
  } catch (error) {
    over = true
    // What failed first is what the caller must hear of.
    await run('rollback').catch(() => {})
    throw error
  }
}
