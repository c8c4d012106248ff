import { describe, expect, test } from 'vitest'
import { type AskedParts, expectSession, expectUsage } from './expected-usage.ts'

function asked(body: string | object, more: Partial<AskedParts> = {}): AskedParts {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return { meters: 'tokens', chunks: [bytes], bytes: bytes.length, isWhole: true, characters: undefined, ...more }
}
const outputOf = (body: string | object) => expectUsage(asked(body))[0]?.outputTokens
const inputOf = (body: string | object, more?: Partial<AskedParts>) => expectUsage(asked(body, more))[0]?.inputTokens
const usual = outputOf({}) as number

describe('the tokens of an answer are expected', () => {
  test.each([
    ['OpenAI', { max_tokens: 70 }],
    ['OpenAI’s reasoning models', { max_completion_tokens: 70 }],
    ['the Responses', { max_output_tokens: 70 }],
    ['Gemini', { generationConfig: { maxOutputTokens: 70 } }],
    ['Bedrock', { inferenceConfig: { maxTokens: 70 } }],
    ['a line of its own', '{\n  "max_tokens" :\t70 }'],
  ])('to reach the limit that the request tells in the way of %s', (_name, body) => {
    expect(outputOf(body)).toBe(70)
  })

  test('to be some thousands without a limit, and with one that is there to never be met', () => {
    expect(usual).toBeGreaterThan(1_000)
    expect(outputOf({ max_tokens: null, messages: [{ content: 'say "max_tokens": 1' }] })).toBe(usual)
    expect(outputOf({ max_tokens: 1e9 })).toBe(8_192)
    expect(outputOf({ max_tokens: 3, generationConfig: { maxOutputTokens: 70 } })).toBe(70)
  })
})

describe('the tokens of a request are expected', () => {
  const text = 'a word and another one '.repeat(1_000)

  test('by its size, four bytes each, in every script', () => {
    expect(inputOf({ messages: [{ content: text }] })).toBeCloseTo(text.length / 4, -2)
    expect(inputOf({ input: '字'.repeat(4_000) })).toBeCloseTo(3_000, -2)
  })

  test('to be those of a picture where one lies in the body, whatever its size', () => {
    const picture = Buffer.alloc(150_000, 7).toString('base64')
    for (const url of [picture, `data:image/png;base64,${picture}`])
      expect(inputOf({ messages: [{ content: [{ image_url: { url } }] }] })).toBeLessThan(2_000)
    expect(inputOf({ parts: [{ data: picture }, { data: picture }, { text }] })).toBeGreaterThan(
      text.length / 4 + 2_000,
    )
  })

  test('within reason where the body is not here whole', () => {
    const large = { isWhole: false, bytes: 50_000_000 }
    expect(inputOf('{"max_tokens":7,', large)).toBe(32_768)
    expect(expectUsage(asked('{"max_tokens":7,', large))[0]?.outputTokens).toBe(7)
    expect(expectUsage(asked('', { ...large, chunks: [] }))[0]?.outputTokens).toBe(usual)
  })
})

test('what is billed otherwise is expected so, and in tokens for models that are priced by them', () => {
  const speech = expectUsage(asked({ text: 'some' }, { meters: 'characters', characters: 4 }))
  expect(speech[0]).toEqual({ characters: 4 })
  expect(expectUsage(asked('12345', { meters: 'characters' }))[0]).toEqual({ characters: 5 })
  expect(expectUsage(asked('x'.repeat(160_000), { meters: 'audio' }))[0]).toEqual({ audioSeconds: 10 })
  for (const usages of [speech, expectSession('audio'), expectSession('characters')])
    expect(usages.at(1)?.inputTokens).toBeGreaterThan(0)
  // Without a price for answers.
  expect(Object.keys(expectUsage(asked({})).at(-1) ?? {})).toEqual(['inputTokens'])
  expect([expectUsage(asked({}, { meters: 'none' })), expectSession('none')]).toEqual([[], []])
})
