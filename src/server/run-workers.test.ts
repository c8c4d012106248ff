import { expect, onTestFinished, test } from 'vitest'
import { type Child, startChild } from '../../test/support/child.ts'

interface Told {
  event: 'started' | 'listening' | 'ended'
  id: number
  pid: number
  at: number
}

const told = ({ lines }: Child): Told[] => lines.map((line) => JSON.parse(line))
const events = (child: Child, event: Told['event']) => told(child).filter((one) => one.event === event)
const startCrew = (...args: string[]) => {
  const child = startChild('crew', args)
  onTestFinished(() => child.kill())
  return child
}
const stop = (child: Child) => {
  child.process.kill('SIGTERM')
  return child.ended
}

test('workers that end at the same moment are all replaced soon: the last does not wait for the others’ sake', async () => {
  const child = startCrew('6')
  await expect.poll(() => events(child, 'listening').length, { timeout: 60_000 }).toBe(6)
  for (const { pid } of events(child, 'listening')) process.kill(pid, 'SIGKILL')
  await expect.poll(() => events(child, 'listening').length, { timeout: 60_000 }).toBe(12)
  const lastEnd = Math.max(...events(child, 'ended').map(({ at }) => at))
  const lastStart = Math.max(...events(child, 'started').map(({ at }) => at))
  expect(lastStart - lastEnd).toBeLessThan(4_000)
  expect(await stop(child)).toMatchObject({ code: 0, signal: null })
})

test('a worker that ends each time before it serves is started ever more slowly', async () => {
  const child = startCrew('1', 'failing')
  await expect.poll(() => events(child, 'listening').length, { timeout: 60_000 }).toBe(1)
  process.kill(events(child, 'listening')[0]?.pid as number, 'SIGKILL')
  await expect.poll(() => events(child, 'started').length, { timeout: 60_000 }).toBe(4)
  const ends = events(child, 'ended')
  const waits = events(child, 'started')
    .slice(1)
    .map(({ at }, index) => Math.ceil(at - (ends[index]?.at as number)))
  expect(waits.map((wait, index) => wait >= 250 * 2 ** index)).toEqual([true, true, true])
  expect(await stop(child)).toMatchObject({ code: 0, signal: null })
})

test('a worker that does not stop when it is asked to is killed', async () => {
  const child = startCrew('2', 'stubborn')
  await expect.poll(() => events(child, 'listening').length, { timeout: 60_000 }).toBe(2)
  expect(await stop(child)).toMatchObject({ code: 0, signal: null })
  expect(events(child, 'ended')).toHaveLength(2)
})
