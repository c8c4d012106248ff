import { describe, expect, test } from 'vitest'
import { catalogue } from '../../providers/index.ts'
import { AnswerHeaderFilter } from './answer-headers.ts'

const telling = [
  'Set-Cookie',
  'OpenAI-Organization',
  'OpenAI-Project',
  'Anthropic-Organization-Id',
  'Anthropic-Workspace-Id',
  'X-Goog-User-Project',
  'Location',
  'WWW-Authenticate',
  'Proxy-Authenticate',
  'CF-RAY',
  'Server',
  'Via',
  'X-Powered-By',
  'Access-Control-Allow-Origin',
  'Ownkey-Error',
  'Ownkey-Key-Source',
]

describe.each(catalogue.map(({ id, answerHeaders }) => [id, answerHeaders] as const))('of %s', (_id, answerHeaders) => {
  const filter = new AnswerHeaderFilter(answerHeaders)

  test.each(telling)('%s is not passed on', (name) => {
    expect(filter.passes(name)).toBe('')
    expect(filter.passes(name.toLowerCase())).toBe('')
  })

  test('what every caller may see is', () => {
    expect(filter.passes('Content-Type')).toBe('content-type')
    expect(filter.passes('X-RateLimit-Remaining-Requests')).toBe('x-ratelimit-remaining-requests')
  })
})
