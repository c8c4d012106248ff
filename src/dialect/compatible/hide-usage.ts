import { isRecord, parseRecord } from '../json.ts'
import type { StreamTranslation } from '../translation.ts'

const nullUsage = /,"usage":null/
const lineBegin = /(?<=\n|\r(?!\n))/
/** The empty line behind an event, whichever line ends the provider writes. */
const blankLine = /(?:\r\n|\n|\r(?!\n)){2}/g
/** What only keeps the connection open, and is not held back. */
const keepAlive = /^(?:(?::[^\r\n]*)?(?:\r\n|\n))+$/
/** Longer events carry sound or pictures. They pass as they are, so that nothing is held for long. */
const longestEvent = 256 * 1024

/**
 * Takes the counts out of a stream whose caller did not ask for them: the event that holds nothing else, and the field of
 * the others. All other events pass as they are.
 */
export function hideUsage(): StreamTranslation {
  const decoder = new TextDecoder()
  let event = ''
  /** The event is too long, and its beginning has passed. */
  let isPassing = false
  /** What passed last ended with a CR, which may be half of a line's end. */
  let endsInCr = false
  let isKept = true

  function take(whole: string): string {
    const shown = isPassing ? whole : withoutUsage(whole)
    isPassing = false
    isKept = shown !== ''
    return shown
  }

  /** The events that are whole by now, from what is not yet said. */
  function takeWhole(from: number): string {
    let said = ''
    let begin = 0
    blankLine.lastIndex = from
    while (blankLine.test(event)) {
      said += take(event.slice(begin, blankLine.lastIndex))
      begin = blankLine.lastIndex
    }
    event = event.slice(begin)
    return said
  }

  /** What need not wait for the end of its event. Line ends at its end wait, because they may begin an empty line. */
  function takeEarly(): string {
    if (keepAlive.test(event)) return takeUpTo(event.length)
    isPassing ||= event.length > longestEvent
    return isPassing ? takeUpTo(event.search(/[\r\n]{0,3}$/)) : ''
  }

  function takeUpTo(at: number): string {
    const said = event.slice(0, at)
    event = event.slice(at)
    return said
  }

  return {
    feed(chunk) {
      const text = decoder.decode(chunk, { stream: true })
      if (text === '') return ''
      const rest = endsInCr && text.startsWith('\n') ? text.slice(1) : text
      const said = rest !== text && isKept ? '\n' : ''
      const known = event.length
      event += rest
      const whole = takeWhole(Math.max(0, known - 3))
      endsInCr = event === '' && rest.endsWith('\r')
      return said + whole + takeEarly()
    },
    end: () => take(event),
  }
}

function withoutUsage(event: string): string {
  if (!event.includes('"usage"')) return event
  // Quotes inside texts are escaped, so this can only be the field itself.
  if (nullUsage.test(event)) return event.replace(nullUsage, '')
  const lines = event.split(lineBegin)
  const data = lines.filter(isData)
  const chunk = parseRecord(data.map((line) => line.slice('data:'.length)).join(''))
  if (Array.isArray(chunk['choices']) && chunk['choices'].length === 0) return ''
  if (!isRecord(chunk['usage'])) return event
  const { usage: _counts, ...others } = chunk
  const shown = `data: ${JSON.stringify(others)}${/[\r\n]*$/.exec(data[0] ?? '')?.[0]}`
  const first = lines.findIndex(isData)
  return lines.map((line, index) => (index === first ? shown : isData(line) ? '' : line)).join('')
}

const isData = (line: string): boolean => line.startsWith('data:')
