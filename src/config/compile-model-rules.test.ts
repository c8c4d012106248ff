import { describe, expect, test } from 'vitest'
import { compileModelRules } from './index.ts'

const rules = compileModelRules({
  allow: ['gemini-2.5-flash', 'gemini-2.5-pro*'],
  refuse: [
    { match: 'gemini-3*', reason: 'not reliable' },
    { match: '*-preview', reason: 'no previews' },
  ],
})

describe('model rules', () => {
  test.each([
    ['gemini-2.5-flash'],
    ['GEMINI-2.5-Flash'],
    ['models/gemini-2.5-flash'],
    ['projects/p/locations/l/publishers/google/models/gemini-2.5-flash'],
    ['gemini-2.5-pro-001'],
  ])('%s is allowed', (model) => {
    expect(rules.check(model)).toEqual({ allowed: true })
  })

  test.each([
    ['gemini-3-pro', 'not reliable'],
    ['Gemini-3.5-Flash', 'not reliable'],
    ['models/gemini-3-pro', 'not reliable'],
    ['publishers/google/models/gemini-3-pro', 'not reliable'],
    ['anything/gemini-3-pro', 'not reliable'],
    ['models%2Fgemini-3-pro', 'not reliable'],
    ['gemini%2D3-pro', 'not reliable'],
    ['%47emini-3-pro%20', 'not reliable'],
    [' gemini-3-pro ', 'not reliable'],
    ['gemini-2.5-pro-preview', 'no previews'],
  ])('%s is refused with the stated reason', (model, reason) => {
    expect(rules.check(model)).toEqual({ allowed: false, rule: 'refuse', reason })
  })

  test.each([
    'gpt-5',
    'gemini-2.5-flash-lite',
    'tunedmodels/gemini-2.5-flash',
    'evil/gemini-2.5-flash',
    'xmodels/gemini-2.5-flash',
  ])('%s is not on the list', (model) => {
    expect(rules.check(model)).toMatchObject({ allowed: false, rule: 'allow' })
  })

  test('patterns are in any case, too', () => {
    const { check } = compileModelRules({ allow: ['GPT-*'], refuse: [{ match: 'Gpt-4*', reason: 'too old' }] })
    expect([check('gpt-5'), check('gpt-4o')]).toMatchObject([{ allowed: true }, { allowed: false, rule: 'refuse' }])
  })

  test('without rules nothing depends on the model', () => {
    expect(compileModelRules({ refuse: [] })).toMatchObject({ dependsOnModel: false })
    expect(compileModelRules({ refuse: [] }).check('anything')).toEqual({ allowed: true })
    expect(rules.dependsOnModel).toBe(true)
  })

  test('an answer stays the same however many models were asked before', () => {
    for (let index = 0; index < 3000; index += 1) rules.check(`model-${index}`)
    expect(rules.check('gemini-3-late')).toMatchObject({ allowed: false, rule: 'refuse' })
  })
})
