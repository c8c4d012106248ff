import { inspect } from 'node:util'

const values = new WeakMap<Secret, string>()

/**
 * A provider key, token or master key in memory. It prints `[secret]` wherever it lands by mistake; the text is had
 * only by `reveal()`, which is meant to be searched for and found in few places.
 */
export class Secret {
  constructor(value: string) {
    values.set(this, value)
  }

  reveal(): string {
    return values.get(this) as string
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.toPrimitive](): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}
