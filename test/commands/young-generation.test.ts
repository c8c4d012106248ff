import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

/** What a process's young generation has grown to under garbage of which much survives for a while. */
const churn = (first: string) => `
  import { holdYoungGeneration, youngMiB } from ${JSON.stringify(new URL('../../bin/young-generation.js', import.meta.url).href)}
  ${first}
  let kept = []
  for (let n = 0; n < 6_000_000; n++) {
    kept.push(new Array(20))
    if (kept.length > 60_000) kept = []
  }
  console.log(youngMiB())`

async function youngMiBAfter(first: string): Promise<number> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', churn(first)])
  return Number(stdout)
}

test('the young generation of the heap stays at 10 MiB a half, where it would grow to 16', async () => {
  expect(await youngMiBAfter('')).toBeGreaterThan(20)
  expect(await youngMiBAfter('holdYoungGeneration()')).toBe(20)
})
