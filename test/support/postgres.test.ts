import { expect, it } from 'vitest'
import { startChild } from './child.ts'

it('the tests’ PostgreSQL does not outlive a runner that is killed', async () => {
  const runner = startChild('start-postgres', [])
  const [pid] = (await runner.line((line) => line.includes('postgres://'))).split(' ')
  const runs = () => {
    try {
      process.kill(Number(pid), 0)
      return true
    } catch {
      return false
    }
  }
  expect(runs()).toBe(true)
  await runner.kill()
  await expect.poll(runs, { timeout: 10_000 }).toBe(false)
})
