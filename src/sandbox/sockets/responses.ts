import { isObject, type JsonObject, Problem } from '../call.ts'
import { brokenEvent, responseEvents } from '../openai/responses.ts'
import { type Conversation, type SocketCall, type SocketPlay, silence } from './conversation.ts'

/** OpenAI's Responses on a socket: every `response.create` is a request, answered by the events of its stream. */
export const openAiResponses: SocketPlay = {
  path: /^\/v1\/responses$/,
  start: startResponses,
  broken: brokenEvent,
}

function startResponses({ requestId }: SocketCall): Conversation {
  let asked = 0
  return {
    take: (message) => {
      if (!isObject(message) || message['type'] !== 'response.create') return silence
      asked += 1
      return { frames: answered({ requestId: `${requestId}_${asked}` }, message) }
    },
  }
}

function answered(call: { requestId: string }, body: JsonObject): JsonObject[] {
  try {
    return responseEvents(call, body)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const message = `Missing or invalid: ${error.subject}. (sandbox)`
    const details = { type: 'invalid_request_error', code: error.kind, message, param: error.subject }
    return [{ type: 'error', status: 400, error: details }]
  }
}
