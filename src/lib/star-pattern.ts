/**
 * A test for a pattern in which `*` stands for any characters, also none; everything else is compared as it is. Takes time in
 * proportion to the text, which a regular expression with several stars does not, and strangers choose the texts.
 */
export function starPattern(pattern: string): (text: string) => boolean {
  const [first = '', ...middle] = pattern.split(/\*+/)
  const last = middle.pop()
  if (last === undefined) return (text) => text === first
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let at = first.length
    for (const part of middle) {
      const found = text.indexOf(part, at)
      if (found < 0 || found + part.length > end) return false
      at = found + part.length
    }
    return true
  }
}
