import { expect, test } from 'vitest'
import { within } from './within.ts'

test('work that is done ends the waiting, work that fails fails it, and work that never ends is not waited for', async () => {
  await expect(within(60_000, Promise.resolve('done'))).resolves.toBeUndefined()
  await expect(within(60_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  await expect(within(1, new Promise(() => undefined))).resolves.toBeUndefined()
})
