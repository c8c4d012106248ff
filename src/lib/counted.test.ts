import { expect, test } from 'vitest'
import { counted } from './counted.ts'

test.each([
  [0, '0 credits'],
  [1, '1 credit'],
  [2, '2 credits'],
])('%d is said as %s', (count, said) => expect(counted(count, 'credit')).toBe(said))
