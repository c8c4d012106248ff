import { expect, test } from 'vitest'
import { createBatchedLoad } from './batched-load.ts'

function recorded() {
  const calls: string[][] = []
  const answers: (() => void)[] = []
  const load = createBatchedLoad<string, string>(async (keys) => {
    const nth = calls.push([...keys])
    await new Promise<void>((answer) => answers.push(answer))
    return new Map(keys.filter((key) => key !== 'nobody').map((key) => [key, `${key}#${nth}`]))
  })
  return { load, calls, answers }
}

const nextTurn = () => new Promise<void>((go) => setImmediate(() => setImmediate(go)))

test('what is asked for in one turn is loaded in one call, each key once', async () => {
  const { load, calls, answers } = recorded()
  const all = Promise.all([load.load('a'), load.load('b'), load.load('a'), load.load('nobody')])
  await nextTurn()
  answers[0]!()
  expect(await all).toEqual(['a#1', 'b#1', 'a#1', undefined])
  expect(calls).toEqual([['a', 'b', 'nobody']])
})

test('a key under way is not loaded again, one that is done is', async () => {
  const { load, calls, answers } = recorded()
  const first = load.load('a')
  await nextTurn()
  const second = load.load('a')
  answers[0]!()
  expect(await second).toBe(await first)
  const third = load.load('a')
  await nextTurn()
  answers[1]!()
  expect(await third).toBe('a#2')
  expect(calls).toHaveLength(2)
})

test('after a restart a new caller never gets the load that was already under way', async () => {
  const { load, answers } = recorded()
  const old = load.load('a')
  await nextTurn()
  load.restart('a')
  const fresh = load.load('a')
  await nextTurn()
  answers[1]!()
  answers[0]!()
  expect(await fresh).toBe('a#2')
  expect(await old).toBe('a#1')
})

test('a failure reaches everyone who waits and is not kept', async () => {
  let fail = true
  const load = createBatchedLoad<string, string>(async (keys) => {
    if (fail) throw new Error('no connection')
    return new Map(keys.map((key) => [key, 'there']))
  })
  const waiting = [load.load('a'), load.load('a'), load.load('b')]
  for (const each of waiting) await expect(each).rejects.toThrow('no connection')
  fail = false
  expect(await load.load('a')).toBe('there')
})

test('a batch has a bound', async () => {
  const sizes: number[] = []
  const load = createBatchedLoad<number, number>(
    async (keys) => {
      sizes.push(keys.length)
      return new Map(keys.map((key) => [key, key]))
    },
    { maxKeys: 10 },
  )
  await Promise.all(Array.from({ length: 25 }, (_, i) => load.load(i)))
  expect(sizes).toEqual([10, 10, 5])
})
