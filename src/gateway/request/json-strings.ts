import {
  closeBrace,
  closeBracket,
  colon,
  openBrace,
  openBracket,
  quote,
  skipSpace,
  stringEnd,
} from '../../lib/index.ts'

/** Where a string stands: the indexes of its quotes. */
export interface StringAt {
  start: number
  end: number
}

/**
 * String values of a key at the top level of a JSON object, without parsing the rest: strings are skipped and brackets counted.
 * Keys written with escapes are recognised.
 * @param all false: only the first value. True: every one, also of keys in other letters (`Model`), which some parsers accept,
 *   and in each object of a list.
 */
export function findTopLevelStrings(bytes: Buffer, key: string, all: boolean): string[] {
  const deepest = all && bytes[skipSpace(bytes, 0)] === openBracket ? 2 : 1
  const found: string[] = []
  let depth = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === openBrace || byte === openBracket) depth++
    else if (byte === closeBrace || byte === closeBracket) depth--
    else if (byte === quote) {
      const end = stringEnd(bytes, i)
      if (end === -1) return found
      const value = valueBehind(bytes, end)
      if (value !== -1 && depth <= deepest && isKey(bytes, { start: i, end }, { key, anyCase: all })) {
        const valueEnd = bytes[value] === quote ? stringEnd(bytes, value) : -1
        if (valueEnd !== -1) {
          found.push(readString(bytes, { start: value, end: valueEnd }) ?? '')
          if (!all) return found
          i = valueEnd
          continue
        }
      }
      i = end
    }
  }
  return found
}

/** Where the value begins whose key ends at `end`; -1 when that string is no key. */
export function valueBehind(bytes: Buffer, end: number): number {
  const after = skipSpace(bytes, end + 1)
  return bytes[after] === colon ? skipSpace(bytes, after + 1) : -1
}

export function isKey(bytes: Buffer, at: StringAt, { key, anyCase }: { key: string; anyCase: boolean }): boolean {
  const length = at.end - at.start - 1
  // A key has its own length, or up to six times as much when its characters are written as \uXXXX.
  if (length < key.length || length > 6 * key.length) return false
  const name = readString(bytes, at)
  return name === key || (anyCase && name?.toLowerCase() === key.toLowerCase())
}

/** @returns undefined when it is not valid JSON */
export function readString(bytes: Buffer, { start, end }: StringAt): string | undefined {
  const raw = bytes.toString('utf8', start + 1, end)
  if (!raw.includes('\\')) return raw
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    return undefined
  }
}
