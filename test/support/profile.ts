/**
 * A whole Ownkey that is one of the profiles: its own YAML with nothing added but the addresses of a scripted upstream, which
 * plays every provider and answers each key as the test says.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseDocument } from 'yaml'
import { canaryKeys, canaryPlatformKey } from './canary.ts'
import type { DatabaseKind } from './databases.ts'
import { type FiveProvider, fiveProviders } from './journey.ts'
import { nativeCalls } from './provider-calls.ts'
import { type RawAnswer, type RawRequest, rawCall } from './raw-call.ts'
import { type RunningOwnkey, startOwnkey } from './running-server.ts'
import { type Answer, json, type RecordedRequest, startUpstream, type Upstream } from './upstream.ts'

export interface ProfileOrg {
  org: string
  /** An access token for one feature. */
  token(feature: string, wish?: { user?: string; environment?: string }): Promise<string>
  /** A member's session token. */
  member(role: 'owner' | 'admin' | 'member', id?: string): Promise<string>
  /** The control API under this organization, as the operator or as the holder of `token`. */
  api(method: string, path: string, body?: unknown, token?: string): ReturnType<RunningOwnkey['api']>
  /** Saves a new key and gives it; fails where it is refused. */
  putKey(provider: string, fields?: Readonly<Record<string, unknown>> & { key?: string }): Promise<string>
}

export interface RunningProfile {
  readonly ownkey: RunningOwnkey
  readonly upstream: Upstream
  newOrg(fields?: object): Promise<ProfileOrg>
  /** A key that no other test has. */
  newKey(provider: FiveProvider): string
  /** From now on, requests with this key are answered so; null: as a provider does that is well. */
  answer(key: string, answer: Answer | null): void
  /** One ordinary call of a provider's own API, with the token where its key would be. */
  call(token: string, provider: FiveProvider, model?: string): Promise<RawAnswer>
  send(request: RawRequest): Promise<RawAnswer>
  /** Requests that reached the providers with this key. */
  seen(key: string): RecordedRequest[]
  close(): Promise<void>
}

/** One row of an answer of the control API, looked into by hand. */
// biome-ignore lint/suspicious/noExplicitAny: rows of every route pass here
export type Row = Record<string, any>

export const platformKey = canaryPlatformKey

export interface ProfileOptions {
  database: DatabaseKind
  sandbox?: boolean
  process?: 'inside' | 'child'
  env?: Readonly<Record<string, string>>
  /** The profile exactly as it stands, so that requests would go to the real providers. */
  direct?: boolean
  /** The derived copy may hold more: path → value. */
  set?: Readonly<Record<string, unknown>>
}

/** The profile's YAML with the providers' addresses at the upstream. */
export function profileConfig(
  name: string,
  origin: string | undefined,
  set: Readonly<Record<string, unknown>> = {},
): string {
  const file = fileURLToPath(new URL(`../../profiles/${name}.yaml`, import.meta.url))
  const document = parseDocument(readFileSync(file, 'utf8'))
  for (const provider of origin === undefined ? [] : fiveProviders)
    if (document.hasIn(['providers', provider])) document.setIn(['providers', provider, 'baseUrl'], origin)
  for (const [path, value] of Object.entries(set)) document.setIn(path.split('.'), document.createNode(value))
  return document.toString()
}

/** What the profiles' `${…}` stand for. */
export const platformKeys = Object.fromEntries(
  fiveProviders.map((provider) => [`${provider.toUpperCase()}_API_KEY`, platformKey]),
)

export async function startProfile(name: string, options: ProfileOptions): Promise<RunningProfile> {
  const { set, env, direct, ...server } = options
  const upstream = await startUpstream()
  const ownkey = await startOwnkey({
    ...server,
    config: profileConfig(name, direct ? undefined : upstream.origin, set),
    env: { ...platformKeys, ...env },
  })
  const answers = new Map<string, Answer>()
  upstream.on(/./, (exchange) => {
    const said = [...answers].find(([key]) => carries(exchange.request, key))?.[1]
    return (said ?? wellAnswer(exchange.request))(exchange)
  })
  let keys = 0
  const newKey = (provider: FiveProvider) => uniqueKey(provider, ++keys)
  let orgs = 0
  return {
    ownkey,
    upstream,
    newKey,
    newOrg: (fields = {}) => newOrg({ ownkey, newKey }, `org-${++orgs}`, fields),
    answer: (key, answer) => void (answer ? answers.set(key, answer) : answers.delete(key)),
    call: (token, provider, model) => rawCall(ownkey.url, nativeCalls[provider](token, model)),
    send: (request) => rawCall(ownkey.url, request),
    seen: (key) => upstream.journal.requests.filter((request) => carries(request, key)),
    async close() {
      await ownkey.close()
      await upstream.close()
    },
  }
}

async function newOrg(
  { ownkey, newKey }: Pick<RunningProfile, 'ownkey' | 'newKey'>,
  org: string,
  fields: object,
): Promise<ProfileOrg> {
  await ownkey.putOrg(org, fields)
  const api: ProfileOrg['api'] = (method, path, body, token) =>
    ownkey.api(method, `/orgs/${org}${path}`, body, ...(token === undefined ? [] : [token]))
  return {
    org,
    api,
    token: (feature, wish = {}) => ownkey.token({ org, feature, ...wish }),
    async member(role, id = role) {
      const answer = await ownkey.api('POST', '/sessions', { org, user: { id, role } })
      return answer.body.token
    },
    async putKey(provider, fields = {}) {
      const body = { key: newKey(keyMaker(provider)), ...fields }
      const answer = await api('PUT', `/keys/${provider}`, body)
      if (answer.status !== 200) throw new Error(`PUT ${provider}: ${answer.status} ${JSON.stringify(answer.body)}`)
      return body.key
    },
  }
}

/** Whose keys a public id means; a profile may show its providers under other names. */
function keyMaker(provider: string): FiveProvider {
  const plain = provider.toLowerCase()
  const found = fiveProviders.find((one) => plain.includes(one))
  return found ?? (plain === 'claude' ? 'anthropic' : 'openai')
}

function uniqueKey(provider: FiveProvider, number: number): string {
  const tail = `${process.pid}x${number}`
  return `${canaryKeys[provider].slice(0, -tail.length)}${tail}`
}

function carries(request: RecordedRequest, key: string): boolean {
  return request.headers.some(([, value]) => value === key || value === `Bearer ${key}`) || request.target.includes(key)
}

const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
const listOfModels = { data: [], models: [] }

/** What a provider that is well says, by the look of the path. */
const wellAnswers: readonly [path: RegExp, answer: (request: RecordedRequest) => Answer][] = [
  [
    /:generateContent/,
    () =>
      json({
        candidates: [{ content: { role: 'model', parts: [{ text: 'well' }] }, finishReason: 'STOP', index: 0 }],
        usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 },
        modelVersion: 'gemini-2.5-flash',
      }),
  ],
  [
    /\/messages$/,
    () =>
      json({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-haiku-4-5',
        content: [{ type: 'text', text: 'well' }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 7, output_tokens: 3 },
      }),
  ],
  [
    /\/chat\/completions$/,
    (request) =>
      json({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1_790_000_000,
        model: (request.json() as { model?: string }).model ?? 'gpt-4o',
        choices: [{ index: 0, message: { role: 'assistant', content: 'well' }, finish_reason: 'stop' }],
        usage,
      }),
  ],
]

function wellAnswer(request: RecordedRequest): Answer {
  return wellAnswers.find(([path]) => path.test(request.path))?.[1](request) ?? json({ ok: true, ...listOfModels })
}

/** Failures as Gemini, OpenAI and Anthropic write them: [what happens, the answer, the class]. */
export type Failing = readonly [name: string, answer: Answer, errorClass: string]

const google = (code: number, status: string, message: string, details?: unknown[]) =>
  json({ error: { code, message, status, ...(details && { details }) } }, { status: code })

export const geminiFailures: readonly Failing[] = [
  ['401', google(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'), 'invalid_key'],
  ['403', google(403, 'PERMISSION_DENIED', 'The caller does not have permission'), 'permission_denied'],
  ['429', google(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'), 'rate_limited'],
  [
    '400 for an invalid key',
    google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
    ]),
    'invalid_key',
  ],
  ['402', google(402, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'), 'quota_exhausted'],
  ['500', google(500, 'INTERNAL', 'An internal error has occurred.'), 'provider_error'],
  ['503', google(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'), 'provider_error'],
  ['no connection', (exchange) => exchange.reset(), 'network'],
]

const openai = (status: number, code: string | null, message: string) =>
  json({ error: { message, type: 'invalid_request_error', param: null, code } }, { status })

export const openaiFailures: readonly Failing[] = [
  ['401', openai(401, 'invalid_api_key', 'Incorrect API key provided.'), 'invalid_key'],
  ['403', openai(403, null, 'You have insufficient permissions for this operation.'), 'permission_denied'],
  ['429', openai(429, 'rate_limit_exceeded', 'Rate limit reached for requests'), 'rate_limited'],
  ['429 without credit', openai(429, 'insufficient_quota', 'You exceeded your current quota.'), 'quota_exhausted'],
  ['500', openai(500, null, 'The server had an error while processing your request.'), 'provider_error'],
  ['no connection', (exchange) => exchange.reset(), 'network'],
]

const anthropic = (status: number, type: string, message: string) =>
  json({ type: 'error', error: { type, message }, request_id: 'req_1' }, { status })

export const anthropicFailures: readonly Failing[] = [
  ['401', anthropic(401, 'authentication_error', 'invalid x-api-key'), 'invalid_key'],
  ['403', anthropic(403, 'permission_error', 'Your API key does not have permission.'), 'permission_denied'],
  ['429', anthropic(429, 'rate_limit_error', 'This request would exceed your rate limit.'), 'rate_limited'],
  [
    '400 without credit',
    anthropic(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    'quota_exhausted',
  ],
  ['529', anthropic(529, 'overloaded_error', 'Overloaded'), 'provider_error'],
  ['no connection', (exchange) => exchange.reset(), 'network'],
]
