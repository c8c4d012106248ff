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
  /** The most of them, in MiB, that lay beside the heap at any time. */
  const mostBeside = (first: string) =>
    printedBy(
      `import { tameHeap } from ${file('bin/heap.js')}
       import { countShortLived } from ${file('src/lib/short-lived-bytes.ts')}
       ${first}
       let most = 0
       for (let n = 0; n < 3_000; n++) {
         const { length } = Buffer.alloc(64 * 1024)
         countShortLived(length)
         most = Math.max(most, process.memoryUsage().arrayBuffers)
       }
       console.log(most / 1024 / 1024)`,
    )

  test('do not wait for 32 MiB of their kind', async () => {
    expect(await mostBeside('')).toBeGreaterThan(25)
    expect(await mostBeside('tameHeap()')).toBeLessThan(20)
  })
})
