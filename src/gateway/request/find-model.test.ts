import { describe, expect, it } from 'vitest'
import type { Surface } from '../../providers/index.ts'
import { findModels, plainPath } from './find-model.ts'

const of = (chunks: readonly Buffer[]) => ({ chunks, joined: Buffer.concat(chunks) })

describe('findModels', () => {
  const base = { path: '/v1/chat/completions', query: '', contentType: 'application/json', strict: true }
  const surface: Surface = { name: 'chat', path: /^\/v1/, model: 'body', meters: 'tokens' }

  it('refuses a request that names two models where a rule depends on it', () => {
    const chunks = [Buffer.from('{"model":"allowed","mo'), Buffer.from('del":"refused"}')]
    expect(() => findModels({ ...base, surface, body: of(chunks) })).toThrow(/two different models/)
  })

  it.each(['/v1beta/models/gemini-2.5-pro:generateContent', '/v1beta/models/gemini-2.5-pro;a=b:generateContent/'])(
    'takes the model from the path %s',
    (path) => {
      const gemini: Surface = {
        name: 'generate',
        path: /^\/v1beta\/models\/(?<model>[^/:;]+):generateContent$/,
        model: 'path',
        meters: 'tokens',
      }
      expect(findModels({ ...base, surface: gemini, path, body: of([]) })).toEqual(['gemini-2.5-pro'])
    },
  )

  it('takes the model from the query', () => {
    const realtime: Surface = { name: 'realtime', path: /^\/v1\/realtime$/, model: 'query', meters: 'none' }
    const query = 'model=gpt-realtime&x=1'
    expect(findModels({ ...base, surface: realtime, query, body: of([]) })).toEqual(['gpt-realtime'])
  })

  describe('beside the one that it is for', () => {
    const body = of([
      Buffer.from('{"fallbacks":[{"model":"b"}],"model":"a","models":["c","a"],"messages":[{"x":{"model":"no"}}]}'),
    ])

    it('follow it where a rule depends on it', () => {
      expect(findModels({ ...base, surface, body })).toEqual(['a', 'b', 'c'])
    })

    it('are not looked for where none does', () => {
      expect(findModels({ ...base, surface, body, strict: false })).toEqual(['a'])
    })
  })

  describe('anywhere', () => {
    const batches: Surface = { name: 'batches', path: /^\/v1\/batches$/, model: 'anywhere', meters: 'none' }
    const requests = Buffer.from('{"requests":[{"params":{"model":"a"}},{"params":{"Model":"models/b"}}],"model":"c"}')

    it('takes all of a body, and those of the path and the query', () => {
      const source = { ...base, surface: batches, path: '/v1/Models/d;x:verb', query: 'model=e' }
      expect(findModels({ ...source, body: of([requests]) })).toEqual(['d', 'e', 'a', 'b', 'c'])
    })

    it('takes no more than a thousand', () => {
      const naming = (count: number) =>
        of([Buffer.from(JSON.stringify(Array.from({ length: count }, (_, n) => ({ model: `m${n % (count - 1)}` }))))])
      expect(findModels({ ...base, surface: batches, body: naming(1001) })).toHaveLength(1000)
      expect(() => findModels({ ...base, surface: batches, body: naming(1002) })).toThrow(/more than 1000/)
    })

    it('takes the one that the body itself names where no rule depends on it', () => {
      expect(findModels({ ...base, surface: batches, strict: false, body: of([requests]) })).toEqual(['c'])
    })

    it('takes those of JSON within a form', () => {
      const form = Buffer.from(
        '--B\r\nContent-Disposition: form-data; name="session"\r\n\r\n{"session":{"model":"f"}}\r\n--B--\r\n',
      )
      const contentType = 'multipart/form-data; boundary=B'
      expect(findModels({ ...base, surface: batches, contentType, body: of([form]) })).toEqual(['f'])
    })
  })
})

it('looks at a path as servers do that take no notice of parameters and of a slash at the end', () => {
  expect(plainPath('/v1;a/models/x;b=c:verb/')).toBe('/v1/models/x:verb')
  expect(plainPath('/v1/models')).toBe('/v1/models')
})
