import { describe, expect, test } from 'vitest'
import { catalogue } from './catalogue.ts'
import { openaiCompatible } from './custom-endpoint.ts'
import { parseBody } from './parse-answer.ts'

const page = '<!doctype html><html><title>Sign in to the network</title></html>'
const own = openaiCompatible({ id: 'own', name: 'Own' })

describe.each([...catalogue, own].map((provider) => [provider.id, provider] as const))('%s', (_id, provider) => {
  const { authenticate } = provider.probes

  test('knows no key by a page for people', () => {
    const answer = { status: 200, headers: {}, body: parseBody(page) }
    expect(authenticate.readAnswer?.(answer)).toEqual({ class: 'network' })
    const refused = provider.readFailure({ ...answer, status: 403 })
    expect(refused?.class).toBe('permission_denied')
    expect(refused && authenticate.provesKey?.(refused)).not.toBe(true)
  })

  test('still believes what the provider itself says', () => {
    expect(authenticate.readAnswer?.({ status: 200, headers: {}, body: {} })).toBeUndefined()
  })
})
