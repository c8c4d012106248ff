import { describe, expect, it } from 'vitest'
import type { Surface } from '../providers/index.ts'
import { findFormFields, findModel, findTopLevelStrings } from './find-model.ts'

const strings = (text: string, all = true) => findTopLevelStrings(Buffer.from(text), 'model', all)

describe('the model in a JSON body', () => {
  it.each([
    ['{"model":"a"}', ['a']],
    ['{"messages":[{"model":"no","content":"\\"model\\":\\"no\\""}],"model" : "b"}', ['b']],
    ['{"x":{"model":"no"},"model":"c","y":["model","no"]}', ['c']],
    ['{"mod\\u0065l":"d"}', ['d']],
    ['{"model":"a","model":"b"}', ['a', 'b']],
    ['{"model":"quo\\"te\\\\"}', ['quo"te\\']],
    ['{"model":7}', []],
    ['{"text":"ends in a backslash \\\\","model":"e"}', ['e']],
    ['not json', []],
    ['{"model":"unfinished', []],
  ])('%s', (text, expected) => {
    expect(strings(text)).toEqual(expected)
  })

  it('agrees with JSON.parse on every value of a long body', () => {
    const body = JSON.stringify({
      messages: Array.from({ length: 500 }, (_, i) => ({ role: 'user', content: `"model":"x${i}" {[\\` })),
      model: 'last',
    })
    expect(strings(body)).toEqual([JSON.parse(body).model])
  })

  it('stops at the first when one is enough', () => {
    expect(strings('{"model":"a","model":"b"}', false)).toEqual(['a'])
  })
})

describe('the model in a form', () => {
  const form = (parts: string[]) => Buffer.from(`${parts.map((part) => `--B\r\n${part}\r\n`).join('')}--B--\r\n`)
  const part = (name: string, value: string, more = '') =>
    `Content-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}`

  it('is found behind a file', () => {
    const bytes = form([
      part('file', '\u0000binary name="model"\r\n\r\nfake', '; filename="a.mp3"'),
      part('model', 'whisper-1'),
    ])
    expect(findFormFields(bytes, 'multipart/form-data; boundary=B', { name: 'model', all: true })).toEqual([
      'whisper-1',
    ])
  })

  it('is not found in a file name', () => {
    const bytes = form([part('file', 'x', '; filename="name=model"')])
    expect(findFormFields(bytes, 'multipart/form-data; boundary="B"', { name: 'model', all: true })).toEqual([])
  })
})

describe('findModel', () => {
  const base = { path: '/v1/chat/completions', query: '', contentType: 'application/json', strict: true }
  const surface: Surface = { name: 'chat', path: /^\/v1/, model: 'body', meters: 'tokens' }

  it('refuses a request that names two models where a rule depends on it', () => {
    const chunks = [Buffer.from('{"model":"allowed","mo'), Buffer.from('del":"refused"}')]
    expect(() => findModel({ ...base, surface, chunks })).toThrow(/two different models/)
  })

  it('takes the model from the path', () => {
    const gemini: Surface = {
      name: 'generate',
      path: /^\/v1beta\/models\/(?<model>[^/:]+):generateContent$/,
      model: 'path',
      meters: 'tokens',
    }
    expect(
      findModel({ ...base, surface: gemini, path: '/v1beta/models/gemini-2.5-pro:generateContent', chunks: [] }),
    ).toBe('gemini-2.5-pro')
  })

  it('takes the model from the query', () => {
    const realtime: Surface = { name: 'realtime', path: /^\/v1\/realtime$/, model: 'query', meters: 'none' }
    expect(findModel({ ...base, surface: realtime, query: 'model=gpt-realtime&x=1', chunks: [] })).toBe('gpt-realtime')
  })
})
