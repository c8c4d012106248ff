import { describe, expect, test } from 'vitest'
import { checkEnvironment, defaultEnvironment, environmentsOf } from './environments.ts'

const declared = { environments: ['live', 'trial'] }
const free = { environments: undefined }

describe('without a list in the configuration', () => {
  test.each(['production', 'staging', 'dev', 'eu-west.1', '_x', 'sk-demo', 'gsk_and-a-name', 'a'.repeat(64)])(
    '%s is an environment',
    (name) => {
      expect(() => checkEnvironment(name, free)).not.toThrow()
    },
  )

  test.each(['', 'a b', '*', '.hidden', 'a'.repeat(65), 'a/b', `sk-${'x'.repeat(40)}`, `okt_${'0'.repeat(49)}`])(
    '%j is none',
    (name) => {
      expect(() => checkEnvironment(name, free)).toThrow(/cannot be an environment/)
    },
  )

  test('production is meant where none is named', () => {
    expect(defaultEnvironment(free)).toBe('production')
  })

  test('production is offered, and what the keys that are there are for', () => {
    const keys = ['qa', 'production', 'dev', 'qa'].map((environment) => ({ environment }))
    expect(environmentsOf(free, keys)).toEqual(['production', 'dev', 'qa'])
    expect(environmentsOf(free, [])).toEqual(['production'])
  })
})

describe('with a list', () => {
  test('only its environments pass, and the refusal names them but not what was sent', () => {
    expect(() => checkEnvironment('trial', declared)).not.toThrow()
    expect(() => checkEnvironment('production', declared)).toThrow(/^(?!.*production).*known are live, trial/)
  })

  test('production is meant where it is in it, else the first', () => {
    expect(defaultEnvironment(declared)).toBe('live')
    expect(defaultEnvironment({ environments: ['staging', 'production'] })).toBe('production')
  })

  test('the list is what is offered, whatever the keys', () => {
    expect(environmentsOf(declared, [{ environment: 'old' }])).toEqual(['live', 'trial'])
  })
})
