const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Names as they come (any case) → the name in lower case, or '' for what is none. The bound is for names made up to fill it. */
const names = new Map<string, string>()
const maxNames = 2_000

/** A header's name in lower case; '' when it is not made of the characters that names have (RFC 9110, token). */
export function headerName(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  const lower = token.test(name) ? name.toLowerCase() : ''
  if (names.size < maxNames) names.set(name, lower)
  return lower
}

/** What a field value may not hold; bytes above 0x7f pass as they are. */
const notInValue = /[^\t\x20-\x7e\x80-\xff]/

export function isHeaderValue(value: string): boolean {
  return !notInValue.test(value)
}

const notInPath = /[^\x21-\x7e\x80-\xff]/

export function isPath(path: string): boolean {
  return path.charCodeAt(0) === 47 && !notInPath.test(path)
}
