import { closeBrace, closeBracket, openBrace, openBracket, quote, stringEnd } from '../../lib/index.ts'
import { isKey, readString, type StringAt, valueBehind } from './json-strings.ts'

/**
 * Every model that a JSON text names for any purpose: as a fallback, for a tool, in a batch. These are the values of each
 * field `model` (or what the provider calls it) and the texts of each list `models`, at any depth, in upper or lower case.
 * Fields that hold free content (messages, documents, schemas) are passed over.
 */
export function findNamedModels(bytes: Buffer, field: string): string[] {
  return new ModelNames(bytes, field).read()
}

/** Fields of free content, in which `model` may be any word: conversations, documents, prompt variables, tools' inputs and results. */
const saidIn: ReadonlySet<string> = new Set([
  'messages',
  'contents',
  'chat_history',
  'documents',
  'metadata',
  'variables',
  'dynamic_variables',
  'tool_results',
  'input_schema',
  'input_examples',
  'function',
  'schema',
  'properties',
  'examples',
  'default',
])

class ModelNames {
  readonly #bytes: Buffer
  readonly #field: string
  readonly #found: string[] = []
  #depth = 0
  /** The depths of the `models` lists that are open at this point. */
  readonly #lists: number[] = []

  constructor(bytes: Buffer, field: string) {
    this.#bytes = bytes
    this.#field = field
  }

  read(): string[] {
    for (let at = 0; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at]
      if (byte === openBrace || byte === openBracket) this.#depth++
      else if (byte === closeBrace || byte === closeBracket) this.#close()
      else if (byte === quote) {
        const end = stringEnd(this.#bytes, at)
        if (end === -1) break
        at = this.#string({ start: at, end })
      }
    }
    return this.#found
  }

  #close(): void {
    if (this.#lists.at(-1) === this.#depth) this.#lists.pop()
    this.#depth--
  }

  /** @returns the index of the last byte that was read */
  #string(at: StringAt): number {
    const value = valueBehind(this.#bytes, at.end)
    if (value !== -1) return this.#value(at, value)
    if (this.#lists.length > 0 && this.#lists.at(-1) === this.#depth) this.#take(at)
    return at.end
  }

  #value(key: StringAt, value: number): number {
    const opening = this.#bytes[value]
    if (opening === quote) {
      const text = { start: value, end: stringEnd(this.#bytes, value) }
      if (text.end === -1) return this.#bytes.length
      if (this.#isNamed(key, this.#field)) this.#take(text)
      return text.end
    }
    if (opening === openBracket && this.#isNamed(key, `${this.#field}s`)) this.#lists.push(this.#depth + 1)
    else if (saidIn.has(readString(this.#bytes, key) ?? '')) return this.#endOfValue(value)
    return value - 1
  }

  #isNamed(key: StringAt, name: string): boolean {
    return isKey(this.#bytes, key, { key: name, anyCase: true })
  }

  #take(text: StringAt): void {
    this.#found.push(readString(this.#bytes, text) ?? '')
  }

  /** The index of the last byte of an object or a list; for anything else, of the byte before it. */
  #endOfValue(start: number): number {
    let depth = 0
    for (let at = start; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at]
      if (byte === openBrace || byte === openBracket) depth++
      else if (byte === closeBrace || byte === closeBracket) depth--
      else if (byte === quote) {
        at = stringEnd(this.#bytes, at)
        if (at === -1) break
      }
      if (depth === 0) return byte === closeBrace || byte === closeBracket ? at : start - 1
    }
    return this.#bytes.length
  }
}
