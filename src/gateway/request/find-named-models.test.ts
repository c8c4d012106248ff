import { describe, expect, it } from 'vitest'
import { findNamedModels } from './find-named-models.ts'

const models = (value: unknown, field = 'model') =>
  findNamedModels(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), field)

describe('the models that a body names', () => {
  it.each<[string, unknown, string[]]>([
    ['at any depth, in any letters', '[[{"model":"a"}],{"x":{"MODEL":"b"}}]', ['a', 'b']],
    ['to fall back to', { model: 'a', fallbacks: [{ model: 'b' }, { model: 'c' }] }, ['a', 'b', 'c']],
    ['in a list', { models: ['a', 'b'], model: 'c' }, ['a', 'b', 'c']],
    ['in a list of objects and texts', { models: [{ id: 'no', tags: ['no'] }, 'a', { model: 'b' }] }, ['a', 'b']],
    ['in a list in a list of them', '{"models":["a",{"Models":["b"]},"c"],"x":["no"]}', ['a', 'b', 'c']],
    ['for a tool', { tools: [{ type: 'advisor', model: 'a' }, { parameters: { model: 'b' } }] }, ['a', 'b']],
    ['twice', '{"x":{"model":"a","model":"b"}}', ['a', 'b']],
    ['with escapes', '{"mod\\u0065l":"a","model\\u0073":["b"]}', ['a', 'b']],
    ['behind what is passed over', '{"messages":[{"model":"no"}],"metadata":null,"model":"a"}', ['a']],
    ['in a body that ends too soon', '{"model":"a","models":["b","c', ['a', 'b']],
  ])('%s', (_, body, expected) => {
    expect(models(body)).toEqual(expected)
  })

  it.each<[string, unknown]>([
    ['what is said', { messages: [{ content: [{ type: 'tool_use', input: { model: 'Tesla' } }] }] }],
    ['a tool’s arguments described', { tools: [{ input_schema: { properties: { model: { type: 'string' } } } }] }],
    ['examples of them', { tools: [{ input_examples: [{ model: 'Tesla' }] }] }],
    ['a shape that the answer has', { text: { format: { schema: { default: { model: 'Tesla' } } } } }],
    ['what is put into a prompt', { prompt: { id: 'pmpt_1', variables: { model: 'Tesla' } } }],
    ['documents and labels', { documents: [{ model: 'Tesla' }], metadata: { model: 'Tesla' } }],
    ['a text that is no field', { words: ['model', 'models'], text: '"model":"no"' }],
    ['other values', { model: 7, models: 'no' }],
  ])('are not %s', (_, body) => {
    expect(models(body)).toEqual([])
  })

  it('are those of the provider’s own field', () => {
    expect(models({ speech_models: ['a'], speech_model: 'b', model: 'no' }, 'speech_model')).toEqual(['a', 'b'])
  })

  it('are looked for in time that grows with the body, not with its square', () => {
    const size = 2_000_000
    const times = ['{"models":[', '{"schema":{"messages":[', '{"metadata":', '{"models":["a",'].map((text) => {
      const body = Buffer.from(text.repeat(size / text.length))
      const begun = performance.now()
      findNamedModels(body, 'model')
      return performance.now() - begun
    })
    // Minutes, if each level were read again; a bound against that, not a measure.
    expect(Math.max(...times)).toBeLessThan(20_000)
  })
})
