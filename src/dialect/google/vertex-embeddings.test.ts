import { describe, expect, test } from 'vitest'
import { catalogue, type Provider } from '../../providers/index.ts'
import { translateRequest } from '../translate-request.ts'

const vertex = catalogue.find(({ id }) => id === 'vertex') as Provider

function embed(model: string, fields: object) {
  const body = Buffer.from(JSON.stringify({ model: 'auto', ...fields }))
  const call = { route: 'embeddings', contentType: 'application/json', body } as const
  const message = translateRequest(call, { provider: vertex, model, created: 0 })
  return {
    path: message.path,
    json: JSON.parse(message.body.toString()) as unknown,
    told: (answer: object) =>
      JSON.parse(String(message.answer.whole?.(Buffer.from(JSON.stringify(answer))).body)) as unknown,
  }
}

describe('embeddings on Vertex AI', () => {
  test('are predicted, an instance for each text, and none is cut in silence', () => {
    const { path, json, told } = embed('text-embedding-005', { input: ['one', 'two'], dimensions: 2 })
    expect(path).toBe('/v1/publishers/google/models/text-embedding-005:predict')
    expect(json).toEqual({
      instances: [{ content: 'one' }, { content: 'two' }],
      parameters: { autoTruncate: false, outputDimensionality: 2 },
    })
    const embeddings = (values: number[]) => ({
      embeddings: { values, statistics: { token_count: 3, truncated: false } },
    })
    expect(told({ predictions: [embeddings([1, 0]), embeddings([0, 1])] })).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [1, 0] },
        { object: 'embedding', index: 1, embedding: [0, 1] },
      ],
      model: 'text-embedding-005',
      usage: { prompt_tokens: 6, total_tokens: 6 },
    })
  })

  test('of later models are asked for one by one', () => {
    const { path, json, told } = embed('gemini-embedding-2', { input: 'one', dimensions: 2, encoding_format: 'base64' })
    expect(path).toBe('/v1/publishers/google/models/gemini-embedding-2:embedContent')
    expect(json).toEqual({
      content: { parts: [{ text: 'one' }] },
      embedContentConfig: { autoTruncate: false, outputDimensionality: 2 },
    })
    expect(told({ embedding: { values: [1, 0] }, usageMetadata: { promptTokenCount: 4 } })).toMatchObject({
      data: [{ embedding: 'AACAPwAAAAA=' }],
      usage: { prompt_tokens: 4 },
    })
    expect(() => embed('gemini-embedding-2', { input: ['one', 'two'] })).toThrow(
      'Google Vertex AI cannot do input: gemini-embedding-2 takes one text a request',
    )
  })
})
