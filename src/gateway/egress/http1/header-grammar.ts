const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Name as written (any case) → in lower case. The bounds are against names made up to fill the map. */
const names = new Map<string, string>()
const maxNames = 2_000
const longestKnown = 60

/** A header's name in lower case; '' when it is not made of the characters that names have (RFC 9110, token). */
export function headerName(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  if (!token.test(name)) return ''
  if (names.size >= maxNames || name.length > longestKnown) return name.toLowerCase()
  // A copy: a name cut out of a head would keep the whole head in memory, for ever.
  const own = Buffer.from(name, 'latin1').toString('latin1')
  const lower = own.toLowerCase()
  names.set(own, lower)
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
