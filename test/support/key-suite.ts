/** One suite's control API with organizations on different plans, and short ways to call it. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { DatabaseKind } from './databases.ts'
import { type RunningControl, startControl } from './start-control.ts'
import { json } from './upstream.ts'

const config = `
platform: { name: Acme, aiName: Acme AI, support: help@acme.test }
providers:
  gemini:
    platformKey: sandbox-platform
    baseUrl: UPSTREAM
    as: google_gemini
    defaultModel: gemini-2.5-flash
    models:
      allow: [gemini-2.5-flash, gemini-2.5-pro]
      refuse: [{ match: "gemini-3*", reason: "it does not follow JSON-output prompts reliably" }]
  openai: { baseUrl: UPSTREAM }
  anthropic: { baseUrl: UPSTREAM }
  elevenlabs: { baseUrl: UPSTREAM }
features:
  chat: { title: Chat, capability: chat }
  re_engagement: { title: Re-engagement, capability: chat }
plans:
  standard:
    providers: { gemini: optional, openai: optional }
    scopes: { re_only: { title: Re-engagement only, features: [re_engagement] } }
    fallback: { mode: customer, default: true }
  single: { providers: { openai: optional, anthropic: optional }, choice: single, fallback: { mode: always } }
  by_format: { providers: { openai: optional }, verify: format_only, model: feature, rotation: { everyDays: 30 } }
  asked: { providers: { openai: optional }, byok: by_operator }
  users: { providers: { openai: optional }, holder: user }
  idle: { providers: { elevenlabs: optional } }
`

export const geminiKey = (end: string) => `AIza${'A'.repeat(31)}${end}`
export const openaiKey = (end: string) => `sk-proj-${'b'.repeat(40)}${end}`

/** Registers the hooks of a suite; what it gives is usable inside tests. Organization `acme` is on the plan `standard`. */
export function keySuite(kind: DatabaseKind) {
  const state = { control: undefined as unknown as RunningControl, owner: '' }
  const undo: (() => void)[] = []
  const on = (matcher: RegExp, answer: ReturnType<typeof json>) => undo.push(state.control.upstream.on(matcher, answer))

  beforeAll(async () => {
    state.control = await startControl({ kind, config })
    const plans = { acme: 'standard', solo: 'single', voice: 'by_format', asked: 'asked', people: 'users' }
    for (const [org, plan] of Object.entries(plans)) await state.control.org(org, { plan })
    state.owner = await state.control.member('acme')
  })
  afterAll(() => state.control?.close())
  // Everything that a probe asks is answered well, unless a test says otherwise.
  beforeEach(() => {
    on(/./, json({ data: [], models: [], choices: [{ message: { content: 'ok' } }], content: [], candidates: [] }))
  })
  afterEach(() => {
    for (const one of undo.splice(0)) one()
  })

  const call = (method: string, path: string, body?: unknown, { token = state.owner, org = 'acme' } = {}) =>
    state.control.call(method, `/api/v1/orgs/${org}${path}`, { token, body })
  return {
    state,
    call,
    refuse: (status: number, body: unknown) => on(/./, json(body, { status })),
    refuseGemini: () =>
      on(
        /./,
        json(
          {
            error: {
              code: 400,
              status: 'INVALID_ARGUMENT',
              message: 'API key not valid.',
              details: [{ reason: 'API_KEY_INVALID' }],
            },
          },
          { status: 400 },
        ),
      ),
    settings: async (as: { token?: string; org?: string } = {}) => (await call('GET', '/settings', undefined, as)).body,
    keysIn: (body: { providers: { id: string; keys: object[] }[] }, id: string): object[] =>
      body.providers.find((one) => one.id === id)?.keys ?? [],
    sentProbes: () => state.control.upstream.journal.requests.length,
  }
}
