import { describe, expect, it } from 'vitest'
import { didYouMean } from './did-you-mean.ts'

describe('the name that was probably meant', () => {
  const known = ['name', 'plan', 'addOns', 'byokEnabled', 'locale']
  it.each([
    ['add_ons', 'addOns'],
    ['AddOns', 'addOns'],
    ['byok-enabled', 'byokEnabled'],
    ['nmae', 'name'],
    ['localle', 'locale'],
  ])('%s is %s', (written, meant) => expect(didYouMean(written, known)).toBe(meant))

  it.each(['x', 'zzzz', 'owner', ''])('%j is nothing known', (written) =>
    expect(didYouMean(written, known)).toBeUndefined(),
  )
})
