import { messages } from '../anthropic/messages.ts'
import { type Answer, type Call, isObject, modelField, Problem, type StreamAnswer } from '../call.ts'
import { pngOf } from '../content/png.ts'
import { replyTo } from '../content/reply.ts'
import { soundComment } from '../content/sound.ts'
import { promptSize, promptTokens, tokensOf } from '../content/tokens.ts'
import { vectorOf } from '../content/vector.ts'
import { awsEvent } from './aws-event.ts'

/** `POST /model/{model}/invoke`: each maker's models take and give what their maker says; Anthropic's, unless they are called otherwise. */
export async function invoke(call: Call): Promise<Answer> {
  const model = modelField(decodeURIComponent(call.parts['model'] ?? ''))
  const maker = makers.find(([names]) => names.test(model))
  return maker === undefined ? messages(call) : maker[1](call)
}

const makers: readonly [RegExp, (call: Call) => Promise<Answer>][] = [
  [/\btitan-embed/, embed],
  [/\btitan-image|\bnova-canvas|\bstability\./, paint],
  [/\bnova\b|\bnova-/, converseInside],
]

async function embed(call: Call): Promise<Answer> {
  const { inputText, dimensions } = await call.json()
  if (typeof inputText !== 'string' || inputText === '') throw new Problem('missing_field', 'inputText')
  const embedding = vectorOf(inputText, typeof dimensions === 'number' ? dimensions : 1024)
  return { json: { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: tokensOf(inputText) } }
}

/** One small grey square, as Amazon's and Stability's models tell it. */
async function paint(call: Call): Promise<Answer> {
  await call.json()
  return { json: { images: [pngOf(16, soundComment).toString('base64')], error: null } }
}

async function converseInside(call: Call): Promise<Answer> {
  const prompt = promptSize([(await call.json())['messages'] ?? ''])
  const reply = replyTo({ prompt })
  const usage = { inputTokens: promptTokens(prompt), outputTokens: reply.tokens }
  const message = { role: 'assistant', content: [{ text: reply.text }] }
  return { json: { output: { message }, stopReason: 'end_turn', usage } }
}

/** `POST /model/{model}/invoke-with-response-stream`: the events of Anthropic's stream in AWS' own frames. */
export async function invokeStream(call: Call): Promise<Answer> {
  const json = async () => ({ ...(await call.json()), stream: true })
  const { pieces } = (await messages({ ...call, json })) as StreamAnswer
  const frames = pieces.map((piece) => {
    const data = /^data: (.*)$/m.exec(String(piece))?.[1] ?? '{}'
    return awsEvent(
      { ':message-type': 'event', ':event-type': 'chunk' },
      { bytes: Buffer.from(data).toString('base64') },
    )
  })
  return {
    headers: { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': call.requestId },
    pieces: frames,
    broken: awsEvent(
      { ':message-type': 'exception', ':exception-type': 'serviceUnavailableException' },
      { message: 'The service is unable to process your request. (sandbox)' },
    ),
  }
}

/** `POST /model/{model}/count-tokens` */
export async function countTokens(call: Call): Promise<Answer> {
  modelField(decodeURIComponent(call.parts['model'] ?? ''))
  const { input } = await call.json()
  if (!isObject(input)) throw new Problem('missing_field', 'input')
  return { json: { inputTokens: promptTokens(promptSize(input)) } }
}
