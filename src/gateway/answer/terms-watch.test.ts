import { describe, expect, test } from 'vitest'
import { TermsWatch } from './terms-watch.ts'

function told(text: string, { byLine = true, cuts = [] as number[] } = {}): string | undefined {
  const watch = new TermsWatch('"service_tier"', byLine)
  const bytes = Buffer.from(text)
  const ends = [...cuts, bytes.length]
  let from = 0
  for (const end of ends) {
    watch.feed(bytes.subarray(from, end))
    from = end
  }
  return watch.told
}

const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`
const requested = event({ type: 'response.created', response: { service_tier: 'flex', metadata: {} } })
const delta = event({ type: 'response.output_text.delta', delta: 'say {"service_tier":"priority"}' })
const completed = (service_tier: string | null) =>
  event({ type: 'response.completed', response: { service_tier, usage: {}, metadata: { service_tier: 'flex' } } })

describe('how an answer was served', () => {
  test.each([
    ['as the last event says', requested + delta + completed('priority'), 'priority'],
    ['as usual, where that takes back what was asked', requested + delta + completed('default'), 'default'],
    ['is not said by null', requested + completed(null), undefined],
    ['is not said by the caller’s metadata', event({ service_tier: 'default' }) + completed('default'), 'default'],
    ['is not said by the model’s words', delta, undefined],
    ['is not said by what is no word', event({ service_tier: { a: 1 } }), undefined],
  ])('%s', (_name, text, word) => {
    expect(told(text)).toBe(word)
    for (let cut = 1; cut < Buffer.byteLength(text); cut++) expect(told(text, { cuts: [cut] }), `${cut}`).toBe(word)
    const each = Array.from({ length: Buffer.byteLength(text) - 1 }, (_, index) => index + 1)
    expect(told(text, { cuts: each })).toBe(word)
  })

  test('is said once by a document of several lines', () => {
    const text = JSON.stringify({ service_tier: 'flex', usage: {}, metadata: { service_tier: 'default' } }, null, 2)
    expect(told(text, { byLine: false })).toBe('flex')
    for (let cut = 1; cut < text.length; cut++) expect(told(text, { byLine: false, cuts: [cut] })).toBe('flex')
  })
})
