import {
  type Answer,
  type Call,
  type JsonObject,
  listField,
  modelField,
  objectOf,
  Problem,
  type Route,
} from '../call.ts'
import { responses } from '../openai/responses.ts'

/** `POST /search`: one page that says who found it. */
async function search(call: Call): Promise<Answer> {
  const { query } = await call.json()
  if (query === undefined || query === '') throw new Problem('missing_field', 'query')
  const snippet = 'This is the Ownkey sandbox: nothing was searched.'
  const found = { title: 'Ownkey sandbox', url: 'https://example.com/', snippet, date: null, last_updated: null }
  return { json: { id: call.requestId, results: [found] } }
}

/** `POST /v1/agent`: the Responses API by another name, which is asked for JSON as in a chat. */
async function agent(call: Call): Promise<Answer> {
  const format = (body: JsonObject) => ({
    type: 'json_schema',
    ...objectOf(objectOf(body['response_format'])['json_schema']),
  })
  const json = async () => {
    const body = await call.json()
    return body['response_format'] === undefined ? body : { ...body, text: { format: format(body) } }
  }
  return responses({ ...call, json })
}

/** `POST /async/chat/completions`: taken, and never answered. */
async function later(call: Call): Promise<Answer> {
  const request = objectOf((await call.json())['request'])
  listField(request, 'messages')
  const created_at = Math.floor(Date.now() / 1000)
  return { json: { id: call.requestId, model: modelField(request['model']), created_at, status: 'CREATED' } }
}

export const perplexityRoutes: readonly Route[] = [
  { method: 'POST', path: /^(?:\/v1)?\/search$/, answer: search },
  { method: 'POST', path: /^(?:\/v1)?\/agent$/, answer: agent },
  { method: 'POST', path: /^\/async\/chat\/completions$/, answer: later },
  { method: 'GET', path: /^\/async\/chat\/completions$/, answer: () => ({ json: { next_token: null, requests: [] } }) },
]
