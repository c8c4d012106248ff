export function boundaryOf(contentType: string): string | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  return boundary?.[1] ?? boundary?.[2]
}

/** The head of a form's part is looked for within this many bytes; providers' parsers allow less. */
export const longestPartHead = 16 * 1024
export const headEndMark = Buffer.from('\r\n\r\n')

/**
 * Values of a field in a multipart form, walking part by part so that a file's content can't pretend to be a field. Takes time
 * in proportion to the body, whatever stands in it.
 */
export function findFormFields(bytes: Buffer, contentType: string, field: { name: string; all: boolean }): string[] {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) return []
  const delimiter = Buffer.from(`--${boundary}`)
  const found: string[] = []
  let part = bytes.indexOf(delimiter)
  while (part !== -1) {
    const next = bytes.indexOf(delimiter, part + delimiter.length)
    if (next === -1) return found
    const head = bytes.subarray(part, Math.min(next, part + longestPartHead))
    const headEnd = head.indexOf(headEndMark)
    if (headEnd !== -1 && namesOf(head.toString('latin1', 0, headEnd)).includes(field.name)) {
      found.push(bytes.toString('utf8', part + headEnd + headEndMark.length, next - 2))
      if (!field.all) return found
    }
    part = next
  }
  return found
}

/** Every name that a part's head gives it: of two, a parser may take either. A header may be folded over several lines. */
export function namesOf(head: string): string[] {
  return head
    .replaceAll(/\r?\n[ \t]+/g, ' ')
    .split(/[\r\n]+/)
    .filter((line) => /^content-disposition:/i.test(line))
    .flatMap((line) => [...line.matchAll(/[;\s]name="?([^";]*)"?/gi)].map((match) => match[1] as string))
}
