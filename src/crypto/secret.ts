import { inspect } from 'node:util'

/**
 * A provider key, token or master key in memory. It prints `[secret]` wherever it lands by mistake; the text is had
 * only by `reveal()`, which is meant to be searched for and found in few places.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
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
