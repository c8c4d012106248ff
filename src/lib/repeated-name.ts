/** A whole string with the colon behind it, where it is a name; or a bracket. */
const token = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}[\]]/gs

/**
 * The first name that stands twice in one object of a valid JSON text: `JSON.parse` takes the last of them silently, others
 * the first.
 */
export function repeatedName(json: string): string | undefined {
  const open: Set<string>[] = []
  for (const [text, written, colon] of json.matchAll(token)) {
    if (text === '{' || text === '[') open.push(new Set())
    else if (text === '}' || text === ']') open.pop()
    else if (colon !== undefined) {
      const name = String(JSON.parse(`"${written}"`))
      const names = open.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return undefined
}
