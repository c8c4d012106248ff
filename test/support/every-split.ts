import type { StreamTranslation } from '../../src/dialect/index.ts'

/** What a stream's translation says when its bytes come in these pieces. */
export function translated(translation: StreamTranslation, pieces: readonly Buffer[]): string {
  return pieces.map((piece) => translation.feed(piece)).join('') + translation.end()
}

/** The stream in two pieces, split at every byte in turn; and at last every byte alone. */
export function everySplit(bytes: Buffer): Buffer[][] {
  const halves = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)])
  return [...halves, Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))]
}

/** The data of each event, parsed where it is JSON. */
export function eventsOf(text: string): unknown[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const data = event.replace(/^data: /, '')
      return data === '[DONE]' ? data : (JSON.parse(data) as unknown)
    })
}
