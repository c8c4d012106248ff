import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { removeNode } from '../store/index.ts'
import { type NodesWatch, watchNodes } from './watch-nodes.ts'

/** So long that no second beat comes while a test runs: what a node learns, it heard. */
const deadAfterMs = 45_000

describe.each(databaseKinds)('the count of nodes on %s', (kind) => {
  let opened: OpenTestDatabase
  const begun: { node: string; watch: NodesWatch; told: number[] }[] = []

  beforeAll(async () => {
    opened = await openTestDatabase(kind)
  })
  afterEach(async () => {
    for (const { node, watch } of begun.splice(0)) {
      await watch.stop()
      await removeNode(opened.database, node)
    }
  })
  afterAll(() => opened.remove())

  function begin() {
    const node = `node-${begun.length}`
    const told: number[] = []
    const watch = watchNodes({ database: opened.database, node, deadAfterMs, onNodes: (count) => told.push(count) })
    begun.push({ node, watch, told })
    return { node, watch, told }
  }
  const lastTold = () => begun.map(({ told }) => told.at(-1))

  test('is right in all of them soon, however many begin in the same moment', async () => {
    await Promise.all(Array.from({ length: 6 }, () => begin().watch.beat()))
    await expect.poll(lastTold).toEqual([6, 6, 6, 6, 6, 6])
  })

  test('is right in a new one before its first request, and at once in the others', async () => {
    await begin().watch.beat()
    await begin().watch.beat()
    const { watch, told } = begin()
    await watch.beat()
    expect(told[0]).toBe(3)
    await expect.poll(lastTold).toEqual([3, 3, 3])
  })

  test('grows again when one is heard of that was taken for dead', async () => {
    const [one, other] = [begin(), begin()]
    await one.watch.beat()
    await other.watch.beat()
    await expect.poll(lastTold).toEqual([2, 2])
    await opened.database.query("update ledger_nodes set seen_at = now() - interval '1 minute' where id = $1", [
      one.node,
    ])
    await other.watch.beat()
    expect(lastTold()).toEqual([2, 1])
    await one.watch.beat()
    await expect.poll(lastTold).toEqual([2, 2])
  })
})
