import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Roster } from './roster.ts'

test('a roster has whoever was added and not deleted, in whatever order they come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 9 })), { maxLength: 200 }), (steps) => {
      const members = Array.from({ length: 10 }, (_, name) => ({ name, place: -1 }))
      const roster = new Roster<(typeof members)[number]>()
      const expected = new Set<number>()
      for (const [comes, name] of steps) {
        const member = members[name] as (typeof members)[number]
        if (comes) roster.add(member)
        else roster.delete(member)
        if (comes) expected.add(name)
        else expected.delete(name)
      }
      expect(new Set(roster.list().map(({ name }) => name))).toEqual(expected)
      expect(roster.list()).toHaveLength(expected.size)
    }),
  )
})
