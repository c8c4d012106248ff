/** One active provider serves all: the organization's choice, or, where keys belong to users, each user's own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

const single = { verify: 'format_only', choice: 'single', fallback: { mode: 'never' } }
const more = {
  features: { assistant: { title: 'Assistant', capability: 'chat' } },
  environments: ['production', 'staging'],
  plans: {
    users: { ...single, holder: 'user', managers: ['owner', 'admin', 'member'] },
    organization: { ...single, managers: ['owner', 'admin'] },
    strict: { ...single, managers: ['owner', 'admin'], providers: { openai: 'required', anthropic: 'optional' } },
  },
}

describe.each(databaseKinds)('the active provider on %s', (database) => {
  let journey: Journey
  beforeAll(async () => {
    journey = await startJourney({ database, more })
    journey.upstream.on(
      /chat\/completions/,
      json({
        id: 'c',
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
      }),
    )
    journey.upstream.on(
      /messages/,
      json({
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [{ type: 'text', text: 'x' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
    )
  })
  afterAll(() => journey?.close())

  /** Whose key serves the one dialect for this user: `user openai`. */
  const served = async (org: string, wish: { user?: string; environment?: string } = {}) => {
    const token = await journey.ownkey.token({ org, feature: 'assistant', ...wish })
    const answer = await rawCall(journey.ownkey.url, {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] }),
    })
    return `${answer.header('ownkey-key-source')} ${answer.header('ownkey-provider')}`
  }
  const memberOf =
    (org: string) =>
    async (id: string, role = 'member') => {
      const { body } = await journey.ownkey.api('POST', '/sessions', { org, user: { id, role } })
      return async (method: string, path: string, sent?: object) => {
        const answer = await journey.ownkey.api(method, `/orgs/${org}${path}`, sent, body.token)
        return { status: answer.status as number, body: answer.body }
      }
    }

  test('of a user is chosen by that user alone, and nobody else’s changes', async () => {
    await journey.ownkey.putOrg('people', { plan: 'users' })
    const member = memberOf('people')
    const users = ['ann', 'bob', 'constructor', '__proto__']
    const as = new Map<string, Awaited<ReturnType<typeof member>>>()
    for (const user of users) {
      const call = await member(user)
      as.set(user, call)
      for (const provider of ['openai', 'anthropic'] as const)
        expect((await call('PUT', `/keys/${provider}`, { key: canaryKeys[provider] })).status, user).toBe(200)
      expect((await call('GET', '/settings')).body.activeProvider).toBe('anthropic')
    }
    const chosen = await as.get('ann')?.('PUT', '/settings/active-provider', { provider: 'openai' })
    expect(chosen).toMatchObject({ status: 200, body: { activeProvider: 'openai' } })
    for (const user of users) {
      const provider = user === 'ann' ? 'openai' : 'anthropic'
      const shown = await as.get(user)?.('GET', '/settings')
      const active = shown?.body.providers.filter((card: { active: boolean }) => card.active)
      expect([user, shown?.body.activeProvider]).toEqual([user, provider])
      expect(active.map(({ id }: { id: string }) => id)).toEqual([provider])
      expect(await served('people', { user })).toBe(`user ${provider}`)
    }
    // The platform's AI is a choice like the others, and so is what removing the active one's key leaves.
    await as.get('bob')?.('PUT', '/settings/active-provider', { provider: null })
    await as.get('ann')?.('DELETE', '/keys/openai')
    for (const user of ['ann', 'bob']) {
      expect((await as.get(user)?.('GET', '/settings'))?.body.activeProvider).toBeNull()
      expect(await served('people', { user })).toMatch(/^platform /)
    }
    expect(await served('people', { user: 'constructor' })).toBe('user anthropic')
    // Who has one key and chose nothing is not held to what others chose.
    const fresh = await member('cy')
    expect((await fresh('GET', '/settings')).body.activeProvider).toBeNull()
    expect(await served('people', { user: 'cy' })).toMatch(/^platform /)
  })

  test('of another user is the operator’s to choose, and nobody else’s', async () => {
    await journey.ownkey.putOrg('others', { plan: 'users' })
    const ann = await memberOf('others')('ann')
    const owner = await memberOf('others')('boss', 'owner')
    for (const provider of ['openai', 'anthropic'] as const)
      await ann('PUT', `/keys/${provider}`, { key: canaryKeys[provider] })
    const choice = { provider: 'openai', user: 'ann' }
    expect(await owner('PUT', '/settings/active-provider', choice)).toMatchObject({
      status: 403,
      body: { code: 'role_required' },
    })
    const path = '/orgs/others/settings/active-provider'
    expect((await journey.ownkey.api('PUT', path, { provider: 'openai' })).body).toMatchObject({
      code: 'request_invalid',
      errors: [{ field: 'body.user' }],
    })
    expect((await journey.ownkey.api('PUT', path, choice)).body.activeProvider).toBe('openai')
    expect(await served('others', { user: 'ann' })).toBe('user openai')
    const { body } = await journey.ownkey.api('GET', '/orgs/others/audit')
    expect(body.items).toContainEqual(
      expect.objectContaining({ action: 'provider.activate', target: 'openai', detail: { user: 'ann' } }),
    )
  })

  test('of an organization is for its managers, and holds for all', async () => {
    await journey.ownkey.putOrg('together', { plan: 'organization' })
    const member = await memberOf('together')('ann')
    const owner = await memberOf('together')('boss', 'owner')
    for (const provider of ['openai', 'anthropic'] as const)
      await owner('PUT', `/keys/${provider}`, { key: canaryKeys[provider] })
    expect((await member('PUT', '/settings/active-provider', { provider: 'openai' })).status).toBe(403)
    expect((await owner('PUT', '/settings/active-provider', { provider: 'openai' })).body.activeProvider).toBe('openai')
    expect((await member('GET', '/settings')).body.activeProvider).toBe('openai')
    expect(await served('together', { user: 'ann' })).toBe('organization openai')
  })

  test.each([
    ['organization', 200, 'platform', ['platform']],
    ['strict', 403, undefined, []],
  ])(
    'leaves a request that names another provider to what the plan %s says without an own key',
    async (plan, status, source, told) => {
      const org = `named-${plan}`
      await journey.ownkey.putOrg(org, { plan })
      for (const provider of ['openai', 'anthropic'] as const)
        await journey.ownkey.putKey(org, provider, canaryKeys[provider])
      const active = { provider: 'anthropic' }
      expect((await journey.ownkey.api('PUT', `/orgs/${org}/settings/active-provider`, active)).status).toBe(200)
      expect(await served(org)).toBe('organization anthropic')
      const answer = await rawCall(journey.ownkey.url, {
        method: 'POST',
        path: '/openai/v1/chat/completions',
        headers: { authorization: `Bearer ${await journey.ownkey.token({ org, feature: 'assistant' })}` },
        body: JSON.stringify({ model: 'gpt-4.1', messages: [] }),
      })
      expect([answer.status, answer.header('ownkey-key-source')]).toEqual([status, source])
      const asked = { feature: 'assistant', provider: 'openai' }
      const { attempts, skipped, refusal } = (await journey.ownkey.api('POST', `/orgs/${org}/explain`, asked)).body
      expect(attempts.map((attempt: { source: string }) => attempt.source)).toEqual(told)
      expect(skipped[0].reason).toBe('Anthropic (Claude) is the active provider, so the OpenAI key is not used.')
      expect(refusal?.code).toBe(told.length > 0 ? undefined : 'missing_key')
    },
  )

  test('stays what it is when its key of another environment is removed', async () => {
    await journey.ownkey.putOrg('staged', { plan: 'organization' })
    const owner = await memberOf('staged')('boss', 'owner')
    for (const environment of ['production', 'staging'])
      expect((await owner('PUT', '/keys/openai', { key: canaryKeys.openai, environment })).status).toBe(200)
    expect((await owner('DELETE', '/keys/openai?environment=staging')).status).toBe(204)
    expect(await served('staged')).toBe('organization openai')
    expect(await served('staged', { environment: 'staging' })).toMatch(/^platform /)
    expect((await owner('DELETE', '/keys/openai')).status).toBe(204)
    expect(await served('staged')).toMatch(/^platform /)
  })
})
