import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { json, startUpstream, type Upstream } from '../support/upstream.ts'

const config = (origin: string) => {
  const provider = { platformKey: canaryPlatformKey, baseUrl: origin }
  return {
    providers: {
      openai: { ...provider, models: { allow: ['gpt-4o*'] } },
      anthropic: { ...provider, models: { refuse: [{ match: 'claude-sonnet*', reason: 'too talkative' }] } },
      deepseek: provider,
      groq: { baseUrl: origin },
      // Endpoints of somebody's own: no models are known of them.
      blind: { ...provider, like: 'openai' },
      mine: { baseUrl: `${origin}/mine`, like: 'openai', defaultModel: 'mine-1' },
    },
    features: { assistant: { title: 'Assistant' }, eyes: { title: 'Eyes', capability: 'vision' } },
    plans: {
      open: { verify: 'format_only', providers: { gemini: 'unavailable', blind: 'unavailable', '*': 'optional' } },
      withHost: {
        verify: 'format_only',
        providers: { openai: 'optional', anthropic: 'optional', deepseek: 'optional', groq: 'optional' },
      },
      blindFirst: {
        verify: 'format_only',
        fallback: { mode: 'always' },
        providers: { mine: 'required', blind: 'optional', anthropic: 'optional' },
      },
      withoutHost: { verify: 'format_only', providers: { openai: 'optional', anthropic: 'optional' } },
    },
  }
}

describe('a model that a request of the one dialect names', () => {
  let ownkey: RunningOwnkey
  let upstream: Upstream
  beforeAll(async () => {
    upstream = await startUpstream()
    const answer = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] }
    upstream.on('/chat/completions', json(answer))
    upstream.on('/v1/chat/completions', json(answer))
    upstream.on('/openai/v1/chat/completions', json(answer))
    upstream.on('/v1/messages', json({ type: 'message', role: 'assistant', content: [], usage: {} }))
    ownkey = await startOwnkey({ config: config(upstream.origin) })
    for (const plan of ['open', 'withHost', 'withoutHost', 'blindFirst']) await ownkey.putOrg(plan, { plan })
  })
  afterAll(async () => {
    await ownkey?.close()
    await upstream?.close()
  })

  const ask = async (org: string, model: string, feature = 'assistant') => {
    const token = await ownkey.token({ org, feature })
    const answer = await fetch(`${ownkey.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
    })
    await answer.arrayBuffer()
    return answer.ok
      ? `${answer.headers.get('ownkey-provider')}:${answer.headers.get('ownkey-model')}`
      : answer.headers.get('ownkey-error')
  }
  const explain = async (org: string, model: string, feature = 'assistant') => {
    const { body } = await ownkey.api('POST', `/orgs/${org}/explain`, { feature, model })
    return body.refusal?.code ?? `${body.attempts[0].provider}:${body.attempts[0].model}`
  }

  test.each([
    ['withoutHost', 'anthropic/claude-haiku-5-5', 'anthropic:claude-haiku-5-5'],
    ['withoutHost', 'claude/claude-haiku-5-5', 'anthropic:claude-haiku-5-5'],
    ['withoutHost', 'openai/auto', 'openai:gpt-4o-mini'],
    ['withoutHost', 'gemini/gemini-2.5-pro', 'provider_not_allowed'],
    ['withHost', 'deepseek/deepseek-flash', 'deepseek:deepseek-flash'],
    ['withHost', 'openai/gpt-oss-120b', 'missing_key'],
    ['withHost', 'gemini/gemini-2.5-pro', 'provider_not_allowed'],
    ['withHost', 'sarvam/unheard-of', 'provider_not_allowed'],
    ['open', 'gemini/gemini-2.5-pro', 'provider_not_allowed'],
    ['open', 'openai/gpt-3', 'model_refused'],
  ])('on the plan %s, %s is served and explained alike: %s', async (plan, model, expected) => {
    expect([await explain(plan, model), await ask(plan, model)]).toEqual([expected, expected])
  })

  test('goes to a host of others’ models where its vendor is not to be used, and to nobody else', async () => {
    await ownkey.putOrg('hosted', { plan: 'withHost' })
    await ownkey.putKey('hosted', 'groq', `gsk_${'canary'.repeat(8)}1234`)
    const models = ['gemini/gemma-9', 'gemini/gemma-9']
    expect([await explain('hosted', models[0] as string), await ask('hosted', models[1] as string)]).toEqual([
      'groq:gemini/gemma-9',
      'groq:gemini/gemma-9',
    ])
  })

  test('may be left open where the rules refuse the usual one: the first that they leave serves, and the page begins with it', async () => {
    expect([await explain('withoutHost', 'auto'), await ask('withoutHost', 'auto')]).toEqual([
      'openai:gpt-4o-mini',
      'openai:gpt-4o-mini',
    ])
    expect([await explain('withoutHost', 'anthropic/auto'), await ask('withoutHost', 'anthropic/auto')]).toEqual([
      'anthropic:claude-haiku-5-5',
      'anthropic:claude-haiku-5-5',
    ])
    const { body } = await ownkey.api('GET', '/orgs/withoutHost/settings')
    for (const [id, model] of [
      ['openai', 'gpt-4o-mini'],
      ['anthropic', 'claude-haiku-5-5'],
    ]) {
      const card = body.providers.find((provider: { id: string }) => provider.id === id)
      expect(card.defaultModel).toBe(model)
      const recommended = card.models.filter((one: { recommended: boolean }) => one.recommended)
      expect(recommended).toMatchObject([{ id: model }])
      expect(recommended[0]).not.toHaveProperty('refused')
    }
  })
  test('may be left open where the first provider has none: another one serves, also when an own key failed', async () => {
    const chosen = 'anthropic:claude-haiku-5-5'
    expect(await explain('blindFirst', 'auto', 'eyes')).toBe(chosen)
    expect(await ask('blindFirst', 'auto', 'eyes')).toBe(chosen)
    upstream.on('/mine/v1/chat/completions', json({ error: { message: 'down' } }, { status: 503 }))
    await ownkey.putOrg('falling', { plan: 'blindFirst' })
    await ownkey.putKey('falling', 'mine', 'sk-canary-of-the-own-endpoint-1234')
    const { body } = await ownkey.api('POST', '/orgs/falling/explain', { feature: 'eyes' })
    expect(body.attempts.map(({ provider }: { provider: string }) => provider)).toEqual(['mine', 'anthropic'])
    expect(await ask('falling', 'auto', 'eyes')).toBe(chosen)
  })
})
