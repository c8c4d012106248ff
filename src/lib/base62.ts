import { randomBytes } from 'node:crypto'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Above this a byte would favour the first digits. */
const fairBytes = 256 - (256 % digits.length)

/** Cryptographically random text of letters and digits: 5.95 bits a character. */
export function randomBase62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length + 8)) {
      if (byte < fairBytes && text.length < length) text += digits[byte % digits.length]
    }
  }
  return text
}

/** A whole number ≥ 0 as exactly `length` letters and digits; higher digits are cut off. */
export function toBase62(value: number, length: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < length; i++) {
    text = digits[rest % digits.length] + text
    rest = Math.floor(rest / digits.length)
  }
  return text
}
