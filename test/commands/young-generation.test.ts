import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

/** Tells the size of a process's young generation after garbage of which much survives for a while. */
const program = (first: string, then: string) => `
  import { setTimeout as wait } from 'node:timers/promises'
  import { holdYoungGeneration, youngMiB } from ${JSON.stringify(new URL('../../bin/young-generation.js', import.meta.url).href)}
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

async function youngMiBAfter(first: string, then = ''): Promise<number> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program(first, then)])
  return Number(stdout)
}

test('the young generation of the heap stays at 10 MiB a half, where it would grow to 16', async () => {
  expect(await youngMiBAfter('')).toBeGreaterThan(20)
  expect(await youngMiBAfter('holdYoungGeneration()')).toBe(20)
})

// V8 gives it back about eight seconds after the last work.
test('a process that has rested gets its young generation back with the first work', { timeout: 60_000 }, async () => {
  const rest = 'while (youngMiB() > 2) await wait(100)'
  const work = `for (let turn = 0; turn < 400; turn++) {
    churn(5_000)
    await wait(0)
  }`
  expect(await youngMiBAfter('holdYoungGeneration()', `${rest}\n${work}`)).toBeGreaterThanOrEqual(20)
})
