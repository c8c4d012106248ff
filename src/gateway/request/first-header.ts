/** The value of the first header of a name, in lower case. @param rawHeaders name as written, value, name, value … */
export function firstHeader(rawHeaders: readonly string[], wanted: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() === wanted) return rawHeaders[i + 1]
  }
  return undefined
}
