import { describe, expect, it } from 'vitest'
import { verdictOf } from './verdicts.ts'

describe('of a key that the provider refuses', () => {
  const plain = { class: 'invalid_key' } as const

  it.each(['expired', 'revoked', 'account_disabled', 'wrong_host'] as const)(
    'that it is %s is told of a saved one and not of one that was only pasted',
    (cause) => {
      expect(verdictOf({ ...plain, cause }, false)).toEqual(verdictOf(plain, false))
      expect(verdictOf({ ...plain, cause }, true)).toMatchObject({ code: cause })
      expect(verdictOf({ ...plain, cause }, true).reason).not.toBe(verdictOf(plain, true).reason)
    },
  )
})
