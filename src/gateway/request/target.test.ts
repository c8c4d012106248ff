import { describe, expect, it } from 'vitest'
import { readTarget } from './target.ts'

describe('readTarget', () => {
  it('splits provider, path and query and keeps the query byte for byte', () => {
    expect(readTarget('/openai/v1/models?limit=2&after=a%2Fb')).toEqual({
      head: 'openai',
      rest: '/v1/models',
      path: '/v1/models',
      query: 'limit=2&after=a%2Fb',
    })
  })

  it('keeps encoded characters for the provider and decodes them for matching', () => {
    const target = readTarget('/gemini/v1beta/models/gemini%2D3-pro:generateContent')
    expect(target.rest).toBe('/v1beta/models/gemini%2D3-pro:generateContent')
    expect(target.path).toBe('/v1beta/models/gemini-3-pro:generateContent')
  })

  it('keeps a space in a name, which a path has as %20', () => {
    const target = readTarget('/gemini/v1beta/files/my%20notes%2F2')
    expect(target).toMatchObject({ rest: '/v1beta/files/my%20notes%2F2', path: '/v1beta/files/my notes/2' })
    expect(() => readTarget('/gemini/v1beta/files/my notes')).toThrow(/a space/)
  })

  it('says where an empty segment mostly comes from: a base URL that ends with a slash', () => {
    const refusal = {
      message: expect.stringContaining('an empty segment'),
      fix: expect.stringContaining('end of the base URL'),
    }
    for (const url of ['/gemini//v1beta/models', '/openai/v1//models'])
      expect(() => readTarget(url)).toThrow(expect.objectContaining(refusal))
  })

  it.each([
    '/openai/v1/../../admin',
    '/openai/v1/%2e%2e/admin',
    '/openai/v1/.%2E/admin',
    '/openai/./v1',
    '/openai/v1/%252e%252e/admin',
    '/openai/v1/a%252fb',
    '/openai/v1/..%2fadmin',
    '/openai/v1/..;/admin',
    '/openai/v1/..;a=b/admin',
    '/openai/v1/.%3Bx/models',
    '/openai/v1/models/..;',
    '/openai/v1/a%5cb',
    '/openai//v1/models',
    '/openai/v1/a%00b',
    '/openai/v1/a%0ab',
    '/openai/v1/%zz',
    '/openai/v1/models#x',
    'http://127.0.0.1/openai/v1/models',
    '*',
  ])('refuses %s, which servers could read in more than one way', (url) => {
    expect(() => readTarget(url)).toThrow(/path of this request is refused/)
  })
})
