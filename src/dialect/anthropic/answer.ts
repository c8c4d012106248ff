import { anthropicUsage } from '../../providers/index.ts'
import { type Choice, type CompletionCall, completionAnswer, type Finish } from '../chat/completion.ts'
import { entryOf, type Json, listOf, mustHave, parseAnswer, recordOf, textOf } from '../json.ts'
import type { WholeAnswer } from '../translation.ts'
import { placed } from './thought-places.ts'

const finishes: Readonly<Record<string, Finish>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** @param asJson the only tool call is the answer's text */
export function finishOf(stopReason: unknown, asJson: boolean): Finish {
  const finish = entryOf(finishes, stopReason) ?? 'stop'
  return finish === 'tool_calls' && asJson ? 'stop' : finish
}

/** Why the model refused, in its own words where it has some. */
export function refusalOf({ stop_reason: reason, stop_details: details }: Json): string | undefined {
  if (reason !== 'refusal') return undefined
  const { explanation, category } = recordOf(details)
  if (typeof explanation === 'string' && explanation !== '') return explanation
  return typeof category === 'string' ? `The model refused to answer (${category}).` : 'The model refused to answer.'
}

export function messageAnswer(bytes: Buffer, { created, asJson }: { created: number; asJson: boolean }): WholeAnswer {
  const message = parseAnswer(bytes)
  mustHave(Array.isArray(message['content']))
  return completionAnswer({
    id: textOf(message['id']),
    model: textOf(message['model']),
    created,
    usage: anthropicUsage.read('"usage"', message['usage']),
    choices: [choiceOf(message, asJson)],
  })
}

function choiceOf(message: Json, asJson: boolean): Choice {
  const blocks = listOf(message['content']).map(recordOf)
  const of = (...types: string[]) => blocks.filter((block) => types.includes(textOf(block['type'])))
  const uses = of('tool_use')
  const said = of('text').map((block) => textOf(block['text']))
  return {
    text: asJson ? uses.map((block) => JSON.stringify(block['input'])).join('') || said.join('') : said.join(''),
    reasoning: of('thinking')
      .map((block) => textOf(block['thinking']))
      .join(''),
    thinking: of('thinking', 'redacted_thinking').map((thought, before) =>
      placed(thought, { index: blocks.indexOf(thought), before }),
    ),
    calls: asJson ? [] : uses.map(callOf),
    refusal: refusalOf(message),
    finish: finishOf(message['stop_reason'], asJson),
  }
}

function callOf({ id, name, input }: Json): CompletionCall {
  return { id: textOf(id), name: textOf(name), arguments: JSON.stringify(input ?? {}) }
}
