import { type SseEvent, SseReader } from '../../lib/index.ts'
import { maxEventBytes } from '../event-stream.ts'
import { isRecord, type Json, listOf, mustHave, parseAnswer, parseRecord, recordOf, textOf } from '../json.ts'
import type { AnswerTranslation, StreamTranslation } from '../translation.ts'

/**
 * For a vendor whose models answer in parts where they think: the words as OpenAI's one text, the thoughts as
 * `reasoning_content`. What has no parts stays as it was.
 */
export const joinParts: Required<Pick<AnswerTranslation, 'whole' | 'stream'>> = {
  whole(body) {
    const answer = parseAnswer(body)
    mustHave(Array.isArray(answer['choices']))
    const joined = withoutParts(answer)
    return { contentType: 'application/json', body: joined === undefined ? body : Buffer.from(JSON.stringify(joined)) }
  },
  stream() {
    const reader = new SseReader({ maxEventBytes })
    const say = (events: readonly SseEvent[]): string => events.map(eventOf).join('')
    return { feed: (chunk) => say(reader.feed(chunk)), end: () => say(reader.feed(Buffer.from('\n\n'))) }
  },
}

/** One stream's translation behind another's. */
export function inTurn(first: StreamTranslation, second: StreamTranslation): StreamTranslation {
  return {
    feed: (chunk) => second.feed(Buffer.from(first.feed(chunk))),
    end: () => second.feed(Buffer.from(first.end())) + second.end(),
  }
}

const mayHaveParts = /"content"\s*:\s*\[/

function eventOf({ name, data }: SseEvent): string {
  const joined = mayHaveParts.test(data) ? withoutParts(parseRecord(data)) : undefined
  const told = joined === undefined ? data.replaceAll('\n', '\ndata: ') : JSON.stringify(joined)
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${told}\n\n`
}

/** Undefined: no choice has any. */
function withoutParts(answer: Json): Json | undefined {
  const choices = listOf(answer['choices'])
  if (!choices.some((choice) => placeOf(choice) !== undefined)) return undefined
  return { ...answer, choices: choices.map(joinedChoice) }
}

/** Where a choice has parts: whole or in a stream. */
function placeOf(choice: unknown): 'message' | 'delta' | undefined {
  const has = (place: string) => Array.isArray(recordOf(recordOf(choice)[place])['content'])
  return has('message') ? 'message' : has('delta') ? 'delta' : undefined
}

function joinedChoice(choice: unknown): unknown {
  const place = placeOf(choice)
  if (place === undefined || !isRecord(choice)) return choice
  const said = recordOf(choice[place])
  const thoughts = listOf(said['content']).flatMap((part) => listOf(recordOf(part)['thinking']))
  const reasoning = textsIn(thoughts)
  const joined = {
    ...said,
    content: textsIn(listOf(said['content'])),
    ...(reasoning !== '' && { reasoning_content: reasoning }),
  }
  return { ...choice, [place]: joined }
}

const textsIn = (parts: readonly unknown[]): string => parts.map((part) => textOf(recordOf(part)['text'])).join('')
