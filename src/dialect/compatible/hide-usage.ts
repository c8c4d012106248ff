import { isRecord, parseRecord } from '../json.ts'
import type { StreamTranslation } from '../translation.ts'

const nullUsage = /,"usage":null/

/** No chunk that holds only counts comes near it. What is longer passes as it comes: it is neither kept nor searched again. */
const longestLine = 1024 * 1024

/**
 * Takes the counts out of a stream whose caller did not ask for them: the chunk that holds nothing else, and the field of
 * the others. All other lines pass as they are.
 */
export function hideUsage(): StreamTranslation {
  const decoder = new TextDecoder()
  /** The pieces of the unfinished line; joined only at its end, because joining with each piece would take quadratic time. */
  let held: string[] = []
  let heldLength = 0
  let isPassing = false
  let dropped = false

  function take(line: string): string {
    const isBlank = line === '\n' || line === '\r\n'
    if (isBlank && dropped) {
      dropped = false
      return ''
    }
    const kept = withoutUsage(line)
    dropped = kept === ''
    return kept
  }

  function release(): string {
    const text = held.join('')
    held = []
    heldLength = 0
    return text
  }

  /** What is to be said at once of a piece without a line end. */
  function hold(piece: string): string {
    if (isPassing) return piece
    held.push(piece)
    heldLength += piece.length
    isPassing = heldLength > longestLine
    if (!isPassing) return ''
    dropped = false
    return release()
  }

  return {
    feed(chunk) {
      const text = decoder.decode(chunk, { stream: true })
      const end = text.lastIndexOf('\n') + 1
      if (end === 0) return hold(text)
      const passing = isPassing ? text.indexOf('\n') + 1 : 0
      isPassing = false
      const lines = (release() + text.slice(passing, end)).match(/[^\n]*\n/g) ?? []
      return text.slice(0, passing) + lines.map(take).join('') + hold(text.slice(end))
    },
    end: () => (heldLength === 0 ? '' : take(release())),
  }
}

function withoutUsage(line: string): string {
  if (!line.startsWith('data:') || !line.includes('"usage"')) return line
  // Quotes inside texts are escaped, so this can only be the field itself.
  if (nullUsage.test(line)) return line.replace(nullUsage, '')
  const chunk = parseRecord(line.slice('data:'.length))
  if (Array.isArray(chunk['choices']) && chunk['choices'].length === 0) return ''
  if (!isRecord(chunk['usage'])) return line
  const { usage: _counts, ...others } = chunk
  return `data: ${JSON.stringify(others)}\n`
}
