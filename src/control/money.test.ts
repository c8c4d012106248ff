import { expect, it } from 'vitest'
import { decimalFromPico } from './money.ts'

it.each([
  ['0', '0'],
  ['1', '0.000000000001'],
  ['1500000000', '0.0015'],
  ['1000000000000', '1'],
  ['123456789012345678901234', '123456789012.345678901234'],
  ['-2500000000000', '-2.5'],
])('%s pico-units are %s, to the last digit', (pico, amount) => expect(decimalFromPico(pico)).toBe(amount))
