import { entryOf } from '../../lib/index.ts'
import { type JsonObject, objectOf } from '../call.ts'
import { piecesOf, replyTo } from '../content/reply.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import {
  base64Bytes,
  type Conversation,
  type Frame,
  type SocketCall,
  type SocketPlay,
  silence,
  type Turn,
} from './conversation.ts'

/** OpenAI's realtime events, with answers in text. */
export const openAiRealtime: SocketPlay = {
  path: /\/realtime$/,
  start: startRealtime,
  broken: ({ requestId, overloaded }) => ({
    type: 'error',
    event_id: `event_${requestId}`,
    error: { event_id: null, ...objectOf(objectOf(overloaded)['error']) },
  }),
}

/** What was said so far on one connection. */
interface Said {
  characters: number
  sound: number
}

type Taker = (message: JsonObject, at: { said: Said; event: MakeEvent; session: JsonObject }) => Frame[]

const takers: Readonly<Record<string, Taker>> = {
  'session.update': (message, { event, session }) => [
    event('session.updated', { session: { ...session, ...objectOf(message['session']) } }),
  ],
  'conversation.item.create': (message, { said, event }) => {
    said.characters += promptSize(objectOf(message['item'])['content']).characters
    const item = {
      id: 'item_sandbox',
      object: 'realtime.item',
      type: 'message',
      role: 'user',
      status: 'completed',
      content: [],
    }
    return [event('conversation.item.added', { item }), event('conversation.item.done', { item })]
  },
  'input_audio_buffer.append': (message, { said }) => {
    said.sound += base64Bytes(message['audio'])
    return []
  },
  'input_audio_buffer.commit': (_, { event }) => [
    event('input_audio_buffer.committed', { item_id: 'item_sandbox', previous_item_id: null }),
  ],
  'response.create': (_, { said, event, session }) =>
    answerEvents(event, { requestId: String(session['id']), ...said }),
}

function startRealtime({ query, requestId }: SocketCall): Conversation {
  const model = query.get('model') ?? 'sandbox'
  const session = { id: `sess_${requestId}`, object: 'realtime.session', type: 'realtime', model }
  const said: Said = { characters: 0, sound: 0 }
  let events = 0
  const event: MakeEvent = (type, more) => {
    events += 1
    return { type, event_id: `event_${requestId}_${events}`, ...more }
  }
  return {
    opening: [event('session.created', { session })],
    take: (message) => ({
      frames: Buffer.isBuffer(message)
        ? []
        : (entryOf(takers, message['type'])?.(message, { said, event, session }) ?? []),
    }),
  }
}

type MakeEvent = (type: string, more: JsonObject) => Frame

function answerEvents(
  event: MakeEvent,
  { requestId, characters, sound }: { requestId: string; characters: number; sound: number },
): Frame[] {
  const prompt = { characters, media: sound > 0 ? 1 : 0 }
  const reply = replyTo({ prompt })
  const response = { id: `resp_${requestId}`, object: 'realtime.response', status: 'in_progress', output: [] }
  const content = [{ type: 'output_text', text: reply.text }]
  const item = {
    id: `item_${requestId}_answer`,
    object: 'realtime.item',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content,
  }
  const place = { response_id: response.id, item_id: item.id, output_index: 0, content_index: 0 }
  const [input_tokens, output_tokens] = [promptTokens(prompt), reply.tokens]
  const usage = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens }
  return [
    event('response.created', { response }),
    event('response.output_item.added', {
      response_id: response.id,
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    }),
    event('response.content_part.added', { ...place, part: { type: 'text', text: '' } }),
    ...piecesOf(reply.text).map((delta) => event('response.output_text.delta', { ...place, delta })),
    event('response.output_text.done', { ...place, text: reply.text }),
    event('response.content_part.done', { ...place, part: { type: 'text', text: reply.text } }),
    event('response.output_item.done', { response_id: response.id, output_index: 0, item }),
    event('response.done', { response: { ...response, status: 'completed', output: [item], usage } }),
  ]
}

/** Google's Live API: every message is JSON in a binary frame. */
export const geminiLive: SocketPlay = {
  path: /\.BidiGenerateContent(?:Constrained)?$/,
  start: startLive,
  broken: () => binary({ goAway: { timeLeft: '0s' } }),
}

const binary = (value: JsonObject): Frame => Buffer.from(JSON.stringify(value))

function startLive(): Conversation {
  let sound = 0
  const take = (frame: Frame): Turn => {
    const message = Buffer.isBuffer(frame) ? parsed(frame) : frame
    if (message['setup']) return { frames: [binary({ setupComplete: { sessionId: 'sandbox' } })] }
    const input = objectOf(message['realtimeInput'])
    sound += base64Bytes(objectOf(input['audio'] ?? input['media'])['data'])
    const told = message['clientContent'] ?? input['text']
    if (told === undefined && !input['audioStreamEnd'] && !input['activityEnd']) return silence
    const prompt = { ...promptSize(told ?? ''), media: sound > 0 ? 1 : 0 }
    const reply = replyTo({ prompt })
    const parts = piecesOf(reply.text).map((text) =>
      binary({ serverContent: { modelTurn: { role: 'model', parts: [{ text }] } } }),
    )
    const promptTokenCount = promptTokens(prompt)
    const usageMetadata = {
      promptTokenCount,
      responseTokenCount: reply.tokens,
      totalTokenCount: promptTokenCount + reply.tokens,
    }
    return {
      frames: [
        ...parts,
        binary({ serverContent: { generationComplete: true } }),
        binary({ serverContent: { turnComplete: true }, usageMetadata }),
      ],
    }
  }
  return { take }
}

function parsed(bytes: Buffer): JsonObject {
  try {
    return objectOf(JSON.parse(bytes.toString('utf8')))
  } catch {
    return {}
  }
}
