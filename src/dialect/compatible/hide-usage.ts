import { isRecord, parseRecord } from '../json.ts'
import type { StreamTranslation } from '../translation.ts'

const nullUsage = /,"usage":null/

/**
 * Takes the counts out of a stream whose caller did not ask for them: the chunk that holds nothing else, and the field of
 * the others. All other lines pass as they are.
 */
export function hideUsage(): StreamTranslation {
  const decoder = new TextDecoder()
  let rest = ''
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

  return {
    feed(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/(?<=\n)/)
      rest = lines.at(-1)?.endsWith('\n') === false ? (lines.pop() as string) : ''
      return lines.map(take).join('')
    },
    end: () => (rest === '' ? '' : take(rest)),
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
