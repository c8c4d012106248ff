import type { KeyRedactor } from '../answer/key-redactor.ts'

const shortMessage = 16 * 1024
const errorMark = /error|unauthor|invalid|denied|forbidden/i

/**
 * A provider's message without the key. In a short one that speaks of an error parts of the key go too, as in the body
 * of an HTTP error; in all others the whole key is blanked where it stands.
 */
export function redactMessage(data: Buffer, redactor: KeyRedactor): Buffer {
  const passed = redactor.pass(data)
  const held = redactor.flush()
  const blanked = held === undefined ? passed : Buffer.concat([passed, held])
  if (blanked.length > shortMessage || blanked[0] !== 0x7b) return blanked
  const text = blanked.toString('utf8')
  if (!errorMark.test(text)) return blanked
  const cleaned = redactor.clean(text)
  return cleaned === text ? blanked : Buffer.from(cleaned)
}

export function redactReason(reason: string, redactor: KeyRedactor): string {
  return reason === '' ? reason : redactor.clean(reason)
}
