import { describe, expect, test } from 'vitest'
import { OwnkeyError } from '../contract/index.ts'
import { catalogue, type OpenaiRoute, type Provider } from '../providers/index.ts'
import { buildForm } from './form.ts'
import { translateRequest } from './translate-request.ts'

/**
 * Every parameter that OpenAI documents, on every provider's translation: it changes what is sent or how the answer is told, or
 * it is refused by its name. Only labels, of which no answer depends, may end here.
 */

const messages = [{ role: 'user', content: 'Hi' }]
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]
const schema = { name: 's', strict: true, schema: { type: 'object', properties: {}, additionalProperties: false } }

/** With values that are not the default. Where one goes with another only, both stand there; the first is under test. */
const chat: readonly (readonly [string, object])[] = [
  ['audio', { audio: { voice: 'alloy', format: 'mp3' } }],
  ['frequency_penalty', { frequency_penalty: 0.5 }],
  ['function_call', { function_call: 'none' }],
  ['functions', { functions: [{ name: 'look' }] }],
  ['logit_bias', { logit_bias: { 50256: -100 } }],
  ['logprobs', { logprobs: true }],
  ['max_completion_tokens', { max_completion_tokens: 7 }],
  ['max_tokens', { max_tokens: 7 }],
  ['modalities', { modalities: ['text', 'audio'] }],
  ['moderation', { moderation: { type: 'x' } }],
  ['n', { n: 2 }],
  ['parallel_tool_calls', { parallel_tool_calls: false, tools }],
  ['prediction', { prediction: { type: 'content', content: 'x' } }],
  ['presence_penalty', { presence_penalty: 0.5 }],
  ['reasoning_effort', { reasoning_effort: 'high' }],
  ['response_format', { response_format: { type: 'json_schema', json_schema: schema } }],
  ['response_format', { response_format: { type: 'json_object' } }],
  ['seed', { seed: 7 }],
  ['service_tier', { service_tier: 'flex' }],
  ['stop', { stop: ['x'] }],
  ['stop', { stop: 'x' }],
  ['store', { store: true }],
  ['stream', { stream: true }],
  ['stream_options', { stream_options: { include_usage: true }, stream: true }],
  ['temperature', { temperature: 0.3 }],
  ['tool_choice', { tool_choice: 'required', tools }],
  ['tool_choice', { tool_choice: { type: 'function', function: { name: 'look' } }, tools }],
  ['tool_choice', { tool_choice: { type: 'custom', custom: { name: 'look' } }, tools }],
  ['tools', { tools }],
  ['tools', { tools: [{ type: 'custom', custom: { name: 'look' } }] }],
  ['top_logprobs', { top_logprobs: 2, logprobs: true }],
  ['top_p', { top_p: 0.3 }],
  ['verbosity', { verbosity: 'low' }],
  ['web_search_options', { web_search_options: {} }],
  ['a_field_of_tomorrow', { a_field_of_tomorrow: 1 }],
]
const labels = [
  'metadata',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'user',
]

const embeddings: readonly (readonly [string, object])[] = [
  ['dimensions', { dimensions: 8 }],
  ['encoding_format', { encoding_format: 'base64' }],
  ['input', { input: ['b', 'c'] }],
  ['input', { input: [1, 2] }],
  ['a_field_of_tomorrow', { a_field_of_tomorrow: 1 }],
]
const speech: readonly (readonly [string, object])[] = [
  ['instructions', { instructions: 'Cheerfully' }],
  ['response_format', { response_format: 'wav' }],
  ['speed', { speed: 1.2 }],
  ['stream_format', { stream_format: 'sse' }],
  ['voice', { voice: 'nova' }],
  ['a_field_of_tomorrow', { a_field_of_tomorrow: 1 }],
]
const transcription: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['chunking_strategy', { chunking_strategy: 'auto' }],
  ['include', { 'include[]': 'logprobs' }],
  ['known_speaker_names', { 'known_speaker_names[]': 'Ada' }],
  ['known_speaker_references', { 'known_speaker_references[]': 'data:audio/wav;base64,AA==' }],
  ['keywords', { 'keywords[]': 'Ownkey' }],
  ['language', { language: 'de' }],
  ['languages', { 'languages[]': 'de' }],
  ['prompt', { prompt: 'Ownkey' }],
  ['response_format', { response_format: 'text' }],
  ['response_format', { response_format: 'verbose_json' }],
  ['stream', { stream: 'true' }],
  ['temperature', { temperature: '0.5' }],
  ['timestamp_granularities', { 'timestamp_granularities[]': 'word', response_format: 'verbose_json' }],
  ['a_field_of_tomorrow', { a_field_of_tomorrow: '1' }],
]

/** All that a request becomes, comparable: what is sent, and what the same answers are made into. */
function outcomeOf(provider: Provider, route: OpenaiRoute, request: { contentType: string; body: Buffer }): string {
  const { path, headers, body, contentType, answer } = translateRequest(
    { route, ...request },
    { provider, model: (route === 'audio/speech' && provider.defaultModels.text_to_speech) || 'the-model', created: 0 },
  )
  const boundary = /boundary=(\S+)/.exec(contentType)?.[1] ?? '\0'
  const told = answers.map((text) => {
    try {
      return `${answer.whole?.(Buffer.from(text)).body.toString('latin1')}`
    } catch {
      return 'unreadable'
    }
  })
  const stream = answer.stream?.()
  const streamed = stream === undefined ? 'no stream' : `${stream.feed(Buffer.from(events))}${stream.end()}`
  return [path, headers.join(), body.toString('latin1').replaceAll(boundary, ''), ...told, streamed].join('\n')
}
const answers = [
  '{"embeddings":[{"values":[1,2]}]}',
  '{"predictions":[{"embeddings":{"values":[1,2]}}]}',
  '{"candidates":[{"content":{"parts":[{"text":"a b"}]}}]}',
  '{"text":"a b","words":[{"text":"a","start":0,"end":1,"type":"word"}],"transcript":"a b"}',
  '{"results":{"channels":[{"alternatives":[{"transcript":"a b","words":[{"word":"a","start":0,"end":1}]}]}]},"metadata":{}}',
]
const events = [
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":1}}}',
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}',
  'event: message_stop\ndata: {"type":"message_stop"}',
  'data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}',
  'data: {"choices":[],"usage":{"total_tokens":3}}',
  '',
].join('\n\n')

const json = (value: object) => ({ contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) })
const form = (fields: Readonly<Record<string, string>>) =>
  buildForm([
    { name: 'file', filename: 'a.wav', type: 'audio/wav', content: Buffer.alloc(8, 1) },
    ...Object.entries({ model: 'auto', ...fields }).map(([name, content]) => ({ name, content })),
  ])

const routes: Readonly<
  Record<
    string,
    { parameters: readonly (readonly [string, object])[]; build(fields: object): { contentType: string; body: Buffer } }
  >
> = {
  'chat/completions': { parameters: chat, build: (fields) => json({ model: 'auto', messages, ...fields }) },
  embeddings: { parameters: embeddings, build: (fields) => json({ model: 'auto', input: 'a', ...fields }) },
  'audio/speech': {
    parameters: speech,
    build: (fields) => json({ model: 'auto', voice: 'alloy', input: 'a', ...fields }),
  },
  'audio/transcriptions': {
    parameters: transcription,
    build: (fields) => form(fields as Readonly<Record<string, string>>),
  },
}

const served = catalogue.flatMap((provider) =>
  Object.keys(routes)
    .map((route) => route as OpenaiRoute)
    .filter((route) => provider.translations?.[route] !== undefined || provider.openai?.routes.includes(route))
    .map((route) => [route, provider.id, provider] as const),
)

/** Without these a provider refuses whatever else is asked. */
const neededBy: Readonly<Record<string, Partial<Record<OpenaiRoute, object>>>> = {
  cohere: { 'audio/transcriptions': { language: 'en' } },
}

/** What comes of a request, or what it is refused with. */
function told(ask: () => string): string | OwnkeyError {
  try {
    return ask()
  } catch (error) {
    if (error instanceof OwnkeyError) return error
    throw error
  }
}

describe.each(served)('%s on %s', (route, _id, provider) => {
  const { parameters, build } = routes[route] as (typeof routes)[string]
  const companions = (name: string, fields: object) =>
    Object.fromEntries(Object.entries(fields).filter(([field]) => field.replace('[]', '') !== name))
  const plain = (fields: object) => Object.keys(fields).map((field) => field.replace('[]', ''))

  test.each(parameters)('%s: %j is kept, or refused by name', (name, fields) => {
    const needed = neededBy[provider.id]?.[route] ?? {}
    const others = companions(name, fields)
    const without = told(() => outcomeOf(provider, route, build({ ...needed, ...others })))
    const outcome = told(() => outcomeOf(provider, route, build({ ...needed, ...fields })))
    expect(outcome).not.toBe(without)
    if (plain(others).length === 0) expect(without).toBeTypeOf('string')
    for (const [error, names] of [
      [outcome, [name, ...plain(others)]],
      // What it goes with may be refused itself, and has a line of its own; what is tried alone is there to be served.
      [without, plain(others)],
    ] as const) {
      if (typeof error === 'string') continue
      expect(error.code).toBe('request_invalid')
      expect(String(error.facts?.['param'])).toMatch(new RegExp(`^(?:${names.join('|')})\\b`))
      expect(error.message).toContain(String(error.facts?.['param']))
      if (error.facts?.['provider'] !== undefined) expect(error.message).toContain(provider.name)
    }
  })

  if (route === 'chat/completions')
    test.each(labels)('the label %s never fails a request', (name) => {
      const value = { metadata: { a: 'b' }, prompt_cache_options: { mode: 'explicit' } }[name] ?? 'x'
      expect(() => outcomeOf(provider, route, build({ [name]: value }))).not.toThrow()
    })
})
