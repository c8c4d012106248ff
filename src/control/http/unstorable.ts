/**
 * Where in a parsed value there is text that no database column can keep: U+0000, or half of a surrogate pair, which JSON can
 * write and UTF-8 cannot. Undefined: nowhere. Asked after the schema, so that every name on the way is one of the schema's own.
 */
export function findUnstorable(value: unknown, path: readonly string[] = []): readonly string[] | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : path
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, inner] of Object.entries(value)) {
    const found = isStorable(name) ? findUnstorable(inner, [...path, name]) : path
    if (found) return found
  }
  return undefined
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !loneSurrogate.test(text)
}

/** With the `u` flag a pair is one character and does not match. */
const loneSurrogate = /\p{Surrogate}/u
