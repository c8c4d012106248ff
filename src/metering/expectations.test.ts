import { expect, test } from 'vitest'
import { createExpectations } from './expectations.ts'
import type { EntryStart } from './ledger.ts'

const start: EntryStart = {
  requestId: 'req-1',
  attempt: 1,
  org: 'acme',
  environment: 'production',
  provider: 'openai',
  model: 'gpt-4o',
  surface: 'chat',
  source: 'organization',
  host: 'api.openai.com',
  credits: 0,
  startedAt: 0,
}
const usd = (costPico: number) => ({ costPico, currency: 'USD' })
const open = () => createExpectations(({ usage }) => usd(usage.outputTokens ?? 0))
const answers = [{ outputTokens: 100 }]

test('an answer of which nothing was expected and which cost nothing teaches nothing', () => {
  const expectations = open()
  expectations.learn(start, usd(0), usd(0))
  expect(expectations.expect(start, answers).cost).toEqual(usd(100))
  expectations.learn(start, undefined, usd(0))
  expect(expectations.expect(start, answers).cost).toEqual(usd(100))
})

test('an answer in another currency than was expected teaches nothing', () => {
  const expectations = open()
  expectations.learn(start, usd(100), usd(20))
  const known = expectations.expect(start, answers).cost
  expectations.learn(start, usd(100), { costPico: 1_000_000, currency: 'EUR' })
  expect([known, expectations.expect(start, answers).cost]).toEqual([usd(90), usd(90)])
})

test('an answer that cost more than was expected is expected to do so again, of its own kind only', () => {
  const expectations = open()
  expectations.learn(start, usd(100), usd(250))
  expect(expectations.expect(start, answers).cost).toEqual(usd(250))
  expect(expectations.expect({ ...start, org: 'other' }, answers).cost).toEqual(usd(100))
})
