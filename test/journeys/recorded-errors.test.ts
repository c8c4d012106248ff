import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fiveProviders, type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { recordedErrors, replay } from '../support/recorded-errors.ts'
import { json } from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey.close())

describe.each(fiveProviders)('what %s was seen to answer', (provider) => {
  const recorded = recordedErrors.filter((one) => one.provider === provider && one.transport === undefined)

  test.each(recorded.map((one) => [one.case, one] as const))('%s', async (_case, one) => {
    const { token } = await journey.newOrg()
    const undo = journey.upstream.on(/./, replay(one))
    const answer = await rawCall(journey.ownkey.url, nativeCalls[provider](token))
    undo()
    expect(answer.header('ownkey-error')).toBe(one.class)
    expect(answer.status).toBe(one.status)
    expect(answer.header('ownkey-key-source')).toBe('organization')
    // Its shape stays: an array stays an array. Texts differ at most where a part of the key stood.
    if (!one.in_stream) expect(Object.keys(answer.json())).toEqual(Object.keys(one.body as object))
  })

  test.each(recorded.filter((one) => !one.in_stream && one.body !== null).slice(0, 3))(
    'the same around which Google’s streams put an array: $case',
    async (one) => {
      const { token } = await journey.newOrg()
      const undo = journey.upstream.on(/./, json([one.body], { status: one.status }))
      const answer = await rawCall(journey.ownkey.url, nativeCalls[provider](token))
      undo()
      expect(answer.header('ownkey-error')).toBe(one.class)
      expect(Array.isArray(answer.json())).toBe(true)
    },
  )
})
