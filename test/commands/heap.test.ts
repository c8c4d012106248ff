import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const run = promisify(execFile)

const file = (name: string) => JSON.stringify(new URL(`../../${name}`, import.meta.url).href)

async function printedBy(program: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['--import=tsx', '--input-type=module', '-e', program])
  return Number(stdout)
}

/** Tells the size of a process's young generation after garbage of which much survives for a while. */
const program = (first: string, then: string) => `
  import { setTimeout as wait } from 'node:timers/promises'
  import { tameHeap, youngMiB } from ${file('bin/heap.js')}
  let kept = []
  function churn(objects) {
    for (let n = 0; n < objects; n++) {
      kept.push(new Array(20))
      if (kept.length > 60_000) kept = []
    }
  }
  ${first}
  churn(6_000_000)
  ${then}
  console.log(youngMiB())`

function youngMiBAfter(first: string, then = ''): Promise<number> {
  return printedBy(program(first, then))
}

test('the young generation of the heap stays at 8 MiB a half, where it would grow to 16', async () => {
  expect(await youngMiBAfter('')).toBeGreaterThan(20)
  expect(await youngMiBAfter('tameHeap()')).toBe(16)
})

// V8 gives it back about eight seconds after the last work.
test('a process that has rested gets its young generation back with the first work', { timeout: 60_000 }, async () => {
  const rest = 'while (youngMiB() > 2) await wait(100)'
  const work = `for (let turn = 0; turn < 400; turn++) {
    churn(5_000)
    await wait(0)
  }`
  expect(await youngMiBAfter('tameHeap()', `${rest}\n${work}`)).toBeGreaterThanOrEqual(16)
})

describe('large buffers that are garbage at once', () => {
  /** How often the young generation is collected while 192 MiB of them are made and nothing else. */
  const collections = (first: string) =>
    printedBy(`
      import { PerformanceObserver } from 'node:perf_hooks'
      import { setImmediate as turn } from 'node:timers/promises'
      import { tameHeap } from ${file('bin/heap.js')}
      import { countShortLived } from ${file('src/lib/short-lived-bytes.ts')}
      ${first}
      let seen = 0
      new PerformanceObserver((list) => (seen += list.getEntries().length)).observe({ entryTypes: ['gc'] })
      for (let n = 0; n < 3_072; n++) countShortLived(Buffer.alloc(64 * 1024).length)
      // An observer hears of them some turns later.
      for (let n = 0; n < 10; n++) await turn()
      console.log(seen)`)

  test('are looked through after 4 MiB, not after 32', async () => {
    expect(await collections('')).toBeLessThan(12)
    expect(await collections('tameHeap()')).toBeGreaterThanOrEqual(48)
  })
})
