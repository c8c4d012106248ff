import { googleUsage, type Usage } from '../../providers/index.ts'
import {
  type Choice,
  type CompletionCall,
  type CompletionImage,
  completionAnswer,
  type Finish,
} from '../chat/completion.ts'
import { entryOf, type Json, listOf, mustHave, parseAnswer, recordOf, textOf } from '../json.ts'
import type { WholeAnswer } from '../translation.ts'
import { logprobsOf } from './logprobs.ts'

const finishes: Readonly<Record<string, Finish>> = {
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
  IMAGE_OTHER: 'content_filter',
  NO_IMAGE: 'content_filter',
  // OpenAI has no words for an answer that came to nothing; `stop` would pass it off as whole.
  OTHER: 'content_filter',
  MALFORMED_FUNCTION_CALL: 'content_filter',
  MALFORMED_RESPONSE: 'content_filter',
  UNEXPECTED_TOOL_CALL: 'content_filter',
  TOO_MANY_TOOL_CALLS: 'content_filter',
  MISSING_THOUGHT_SIGNATURE: 'content_filter',
}

/** What one answer, or one event of a stream, says. */
export interface Said {
  text: string
  reasoning: string
  calls: readonly Omit<CompletionCall, 'id'>[]
  images: readonly CompletionImage[]
  /** Google's reason for the end; '' while there is none. */
  finishReason: string
  /** Why the prompt or the answer was blocked, in a sentence. */
  refusal: string | undefined
  logprobs: Json | undefined
}

/** The first of the answers. */
export function readGenerated(answer: Json): Said {
  return candidateOf(answer, recordOf(listOf(answer['candidates'])[0]))
}

/** All answers of one event or body, by their index; a blocked prompt is told as the first. */
export function readCandidates(answer: Json): readonly { index: number; said: Said }[] {
  const candidates = listOf(answer['candidates']).map(recordOf)
  if (candidates.length === 0) return [{ index: 0, said: readGenerated(answer) }]
  return candidates.map((candidate, at) => {
    const index = typeof candidate['index'] === 'number' ? candidate['index'] : at
    return { index, said: candidateOf(answer, candidate) }
  })
}

export const usageIn = (answer: Json): Usage => googleUsage.read('"usageMetadata"', answer['usageMetadata'])

function candidateOf(answer: Json, candidate: Json): Said {
  const parts = listOf(recordOf(candidate['content'])['parts']).map(recordOf)
  const texts = (thought: boolean) =>
    parts
      .filter((part) => (part['thought'] === true) === thought)
      .map((part) => textOf(part['text']))
      .join('')
  const blocked = textOf(recordOf(answer['promptFeedback'])['blockReason'])
  const finishReason = textOf(candidate['finishReason'])
  return {
    text: texts(false),
    reasoning: texts(true),
    calls: parts.filter((part) => part['functionCall'] !== undefined).map(callOf),
    images: parts.flatMap(imagesOf),
    finishReason: blocked === '' ? finishReason : 'SAFETY',
    refusal: refusalOf(blocked, candidate),
    logprobs: logprobsOf(candidate),
  }
}

/** A picture; drafts that were made while thinking are none of the answer's. */
function imagesOf({ inlineData, thought, thoughtSignature: signature }: Json): CompletionImage[] {
  const { mimeType, data } = recordOf(inlineData)
  if (thought === true || typeof data !== 'string' || !/^image\//.test(textOf(mimeType))) return []
  return [{ mimeType: textOf(mimeType), data, ...(typeof signature === 'string' && { signature }) }]
}

function callOf(part: Json): Omit<CompletionCall, 'id'> {
  const { name, args } = recordOf(part['functionCall'])
  const signature = part['thoughtSignature']
  return {
    name: textOf(name),
    arguments: JSON.stringify(args ?? {}),
    ...(typeof signature === 'string' && { signature }),
  }
}

function refusalOf(blocked: string, { finishReason, finishMessage }: Json): string | undefined {
  if (blocked !== '') return `The prompt was blocked (${blocked}).`
  const reason = textOf(finishReason)
  if (entryOf(finishes, reason) !== 'content_filter') return undefined
  return textOf(finishMessage) || `The answer was blocked (${reason}).`
}

export function finishOf(finishReason: string, hasCalls: boolean): Finish {
  const finish = entryOf(finishes, finishReason)
  if (finish !== undefined) return finish
  return hasCalls ? 'tool_calls' : 'stop'
}

/** Google names an answer, but not each call of it; ids of calls must be unique within a conversation. */
export function callId(answerId: string, index: number): string {
  return `call_${answerId.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 48)}_${index}`
}

/** Of an answer without words may be left what the prompt was blocked for, or its counts. */
export function parseGenerated(bytes: Buffer): Json {
  const answer = parseAnswer(bytes)
  mustHave(['candidates', 'promptFeedback', 'usageMetadata'].some((name) => typeof answer[name] === 'object'))
  return answer
}

export function generateAnswer(bytes: Buffer, { created, model }: { created: number; model: string }): WholeAnswer {
  const answer = parseGenerated(bytes)
  const id = textOf(answer['responseId']) || String(created)
  return completionAnswer({
    id: `chatcmpl-${id}`,
    model: textOf(answer['modelVersion']) || model,
    created,
    choices: choicesOf(answer, id),
    usage: usageIn(answer),
  })
}

function choicesOf(answer: Json, id: string): readonly Choice[] {
  let calls = 0
  return readCandidates(answer)
    .toSorted((one, other) => one.index - other.index)
    .map(({ said }) => ({
      text: said.text,
      reasoning: said.reasoning,
      thinking: [],
      calls: said.calls.map((call) => ({ ...call, id: callId(id, calls++) })),
      images: said.images,
      refusal: said.refusal,
      finish: finishOf(said.finishReason, said.calls.length > 0),
      logprobs: said.logprobs,
    }))
}
