/** A test for a pattern in which `*` stands for any characters; case does not count. */
export function patternTest(pattern: string): (text: string) => boolean {
  const parts = pattern.toLowerCase().split(/\*+/)
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return (text) => text.toLowerCase() === first
  return (text) => matchesParts(text.toLowerCase(), { first, middle: rest, last })
}

/** Linear in the text: a regular expression with several stars is not. */
function matchesParts(
  text: string,
  { first, middle, last }: { first: string; middle: string[]; last: string },
): boolean {
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  const end = text.length - last.length
  let at = first.length
  for (const part of middle) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return at <= end
}
