import { describe, expect, it } from 'vitest'
import { closestName } from './closest-name.ts'

describe('the name that was probably meant', () => {
  const known = ['name', 'plan', 'addOns', 'byokEnabled', 'locale']
  it.each([
    ['add_ons', 'addOns'],
    ['AddOns', 'addOns'],
    ['byok-enabled', 'byokEnabled'],
    ['nmae', 'name'],
    ['localle', 'locale'],
    ['byokEnabel', 'byokEnabled'],
  ])('%s is %s', (written, meant) => expect(closestName(written, known)).toBe(meant))

  it('does not take one short name for another', () => expect(closestName('au', ['eu', 'us'])).toBeUndefined())

  it.each(['x', 'zzzz', 'owner', ''])('%j is nothing known', (written) =>
    expect(closestName(written, known)).toBeUndefined(),
  )
})
