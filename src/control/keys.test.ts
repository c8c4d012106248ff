import { describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { geminiKey, keySuite, openaiKey } from '../../test/support/key-suite.ts'
import { useUpTests } from '../../test/support/use-up-tests.ts'

describe.each(databaseKinds)('own keys on %s', (kind) => {
  const { state, call, refuse, refuseGemini, settings, keysIn, sentProbes } = keySuite(kind)

  it('saves a key, shows it masked, and serves with it', async () => {
    const before = sentProbes()
    const answer = await call('PUT', '/keys/google_gemini', {
      key: geminiKey('1234'),
      model: 'gemini-2.5-pro',
      label: 'Main',
      owner: 'Team Blue',
    })
    expect(answer.body).toMatchObject({
      provider: 'google_gemini',
      environment: 'production',
      hint: expect.stringMatching(/^AIza.+1234$/),
      last4: '1234',
      status: 'valid',
      scope: 'all',
      model: 'gemini-2.5-pro',
      fallback: true,
      label: 'Main',
      createdBy: 'owner-of-acme',
      lastUsedAt: null,
      lastTest: { status: 'valid' },
    })
    expect(answer.text).not.toContain(geminiKey('1234'))
    expect(sentProbes()).toBeGreaterThan(before)
    const shown = await settings()
    expect(keysIn(shown, 'google_gemini')).toHaveLength(1)
    expect(shown.features[0].decision.attempts.map(({ source }: { source: string }) => source)).toEqual([
      'organization',
      'platform',
    ])
  })

  it.each(['google_gemini', 'gemini', 'GEMINI'])('finds the provider by %s', async (name) => {
    expect((await call('PATCH', `/keys/${name}`, { label: name })).body).toMatchObject({
      provider: 'google_gemini',
      label: name,
    })
  })

  it('does not store a key that the provider refuses, and leaves the old one as it was', async () => {
    refuseGemini()
    const answer = await call('PUT', '/keys/gemini', { key: geminiKey('9999') })
    expect(answer.body).toMatchObject({ status: 422, code: 'key_rejected', facts: { status: 'invalid' } })
    expect(answer.text).not.toContain(geminiKey('9999'))
    const [key] = keysIn(await settings(), 'google_gemini') as { last4: string; version: number }[]
    expect(key).toMatchObject({ last4: '1234', version: 1 })
    const [row] = (await state.control.call('GET', '/api/v1/orgs/acme/audit?limit=1')).body.items
    expect(row).toMatchObject({ action: 'key.reject', detail: { status: 'invalid', saved: false } })
  })

  it('gives one verdict for every wrong key that is only pasted', async () => {
    const bodies = [
      {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: 'API key expired.',
          details: [{ reason: 'API_KEY_EXPIRED' }],
        },
      },
      {
        error: {
          code: 400,
          status: 'INVALID_ARGUMENT',
          message: 'API key not valid.',
          details: [{ reason: 'API_KEY_INVALID' }],
        },
      },
    ]
    const verdicts: unknown[] = []
    for (const body of bodies) {
      refuse(400, body)
      const answer = await call('POST', '/keys/gemini/test', { key: geminiKey('8888') })
      verdicts.push({ status: answer.body.status, reason: answer.body.reason, fix: answer.body.fix })
    }
    expect(verdicts[0]).toEqual(verdicts[1])
    expect(verdicts[0]).toMatchObject({ status: 'invalid' })
  })

  it.each([
    ['an outage', 503, { error: { code: 503, status: 'UNAVAILABLE', message: 'overloaded' } }, 'network'],
    ['a redirect', 302, {}, 'network'],
    ['a limit', 429, { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'quota' } }, 'quota'],
  ])('saves a key that meets %s, with that status', async (_what, status, body, expected) => {
    refuse(status, body)
    const answer = await call('PUT', '/keys/gemini?environment=staging', { key: geminiKey('5678') })
    expect(answer.body).toMatchObject({
      environment: 'staging',
      status: expected,
      statusReason: expect.any(String),
      statusFix: expect.any(String),
    })
    expect((await call('DELETE', '/keys/gemini?environment=staging')).status).toBe(204)
  })

  it('keeps the keys of two environments apart', async () => {
    await call('PUT', '/keys/gemini', { key: geminiKey('stag'), environment: 'staging' })
    const keys = keysIn(await settings(), 'google_gemini') as { environment: string; last4: string }[]
    expect(keys.map(({ environment, last4 }) => [environment, last4])).toEqual([
      ['production', '1234'],
      ['staging', 'stag'],
    ])
    expect(
      (await call('PUT', '/keys/gemini?environment=staging', { key: geminiKey('x'), environment: 'production' })).body
        .code,
    ).toBe('request_invalid')
    expect((await call('PUT', '/keys/gemini?environment=no%20where', { key: geminiKey('x') })).body.code).toBe(
      'request_invalid',
    )
  })

  it('takes a pasted key without the spaces around it, and says so', async () => {
    const answer = await call('PUT', '/keys/gemini', { key: `  ${geminiKey('4321')}\n` })
    expect(answer.body).toMatchObject({ last4: '4321', version: 2, remarks: ['Spaces around the key were removed.'] })
  })

  it.each([
    ['a token of Ownkey', `okt_${'a'.repeat(49)}`, 'key_malformed'],
    ['a key with a line break', 'AIza\nabc', 'key_malformed'],
    ['a sandbox key on a server without sandbox', 'AIza-sandbox-ok', 'sandbox_off'],
  ])('refuses %s before anything else sees it', async (_what, key, code) => {
    const before = sentProbes()
    expect((await call('PUT', '/keys/gemini', { key })).body).toMatchObject({ status: 400, code })
    expect(sentProbes()).toBe(before)
  })

  it('says when a key looks like another provider’s', async () => {
    const answer = await call('POST', '/keys/gemini/test', { key: openaiKey('abcd') })
    expect(answer.body.remarks.join(' ')).toContain('OpenAI')
  })

  it('tests the saved key and keeps what it found', async () => {
    const good = await call('POST', '/keys/gemini/test')
    expect(good.body.status).toBe('valid')
    expect(good.body.checks.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['shape', 'reachable', 'authenticated', 'permitted', 'latency']),
    )
    refuseGemini()
    const bad = await call('POST', '/keys/gemini/test')
    expect(bad.body).toMatchObject({ status: 'invalid', fix: expect.any(String) })
    const [key] = keysIn(await settings(), 'google_gemini') as object[]
    expect(key).toMatchObject({
      status: 'invalid',
      lastTest: { status: 'invalid', at: expect.any(String) },
      statusFix: expect.any(String),
    })
  })

  it('disables a key and enables it again', async () => {
    expect((await call('POST', '/keys/gemini/disable')).body.state).toBe('disabled')
    expect((await call('POST', '/explain', { feature: 'chat', provider: 'gemini' })).body.skipped).toMatchObject([
      { code: 'key_disabled' },
    ])
    expect((await call('POST', '/keys/gemini/enable')).body.state).toBe('active')
  })

  it('removes a key with its ciphertext', async () => {
    expect((await call('DELETE', '/keys/gemini?environment=staging')).status).toBe(204)
    expect((await call('DELETE', '/keys/gemini')).status).toBe(204)
    expect(
      await state.control.database.query(
        "select 1 from key_secrets s join provider_keys k on k.id = s.key_id where k.org_id = 'acme'",
      ),
    ).toEqual([])
    expect((await call('DELETE', '/keys/gemini')).body).toMatchObject({ status: 404, code: 'key_unknown' })
    expect((await settings()).features[0].decision.attempts.map(({ source }: { source: string }) => source)).toEqual([
      'platform',
    ])
  })

  it('writes every change down: who, when, from where, what', async () => {
    const { items } = (await state.control.call('GET', '/api/v1/orgs/acme/audit?limit=200')).body
    const actions = new Set(items.map(({ action }: { action: string }) => action))
    expect([...actions]).toEqual(
      expect.arrayContaining([
        'key.set',
        'key.replace',
        'key.update',
        'key.test',
        'key.reject',
        'key.disable',
        'key.enable',
        'key.clear',
      ]),
    )
    for (const item of items.filter(({ action }: { action: string }) => action.startsWith('key.'))) {
      expect(item).toMatchObject({
        at: expect.any(String),
        actor: { kind: 'member', id: 'owner-of-acme' },
        ip: '127.0.0.1',
      })
    }
    expect(JSON.stringify(items)).not.toContain('A'.repeat(12))
  })

  it('lets a key be tested only so often, on all nodes together', async () => {
    await useUpTests(state.control.database, 'test:user:acme:%')
    const answer = await call('POST', '/keys/gemini/test', { key: geminiKey('many') })
    expect(answer.body).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await call('PUT', '/keys/gemini', { key: geminiKey('many') })).body.code).toBe('rate_limited')
  })

  it('lets everybody together test only so often, whoever asks', async () => {
    const { control } = state
    await control.database.query('delete from rate_windows')
    await useUpTests(control.database, 'test:all', 3_000)
    const before = sentProbes()
    const other = { org: 'solo', token: await control.member('solo') }
    for (const who of [{}, other]) {
      const answer = await call('POST', '/keys/openai/test', { key: openaiKey('many') }, who)
      expect(answer.body).toMatchObject({
        status: 429,
        code: 'rate_limited',
        facts: { limited: 'all', limit: 3_000, window: 10 },
      })
    }
    expect(sentProbes()).toBe(before)
    await control.database.query('delete from rate_windows')
  })

  it('is of no use for sorting a thousand stolen keys, by however many members of however many organizations', async () => {
    const { control } = state
    const members = await Promise.all(
      Array.from({ length: 4 }, (_, index) => control.member('acme', 'admin', `carder-${index}`)),
    )
    const sortAll = async () => {
      await control.database.query('delete from rate_windows')
      const before = control.upstream.journal.requests.length
      const statuses: number[] = []
      // As many at once as the database has connections: on a busy machine more would be refused as waiting too long.
      for (let from = 0; from < 1_000; from += 10) {
        const some = Array.from({ length: 10 }, (_, index) => from + index)
        const answers = await Promise.all(
          some.map((number) =>
            call(
              'POST',
              '/keys/gemini/test',
              { key: geminiKey(String(number).padStart(4, '0')) },
              { token: members[number % members.length] as string },
            ),
          ),
        )
        statuses.push(...answers.map(({ status }) => status))
      }
      const tried = control.upstream.journal.requests.slice(before).map((one) => one.header('x-goog-api-key'))
      const count = (wanted: number) => statuses.filter((status) => status === wanted).length
      return { answered: count(200), refused: count(429), tried: new Set(tried).size }
    }
    const window = () => Math.floor(Date.now() / 600_000)
    const began = window()
    let seen = await sortAll()
    // The limit is per ten minutes: when these ended in the middle, what counts is a run within the next ten.
    if (window() !== began) seen = await sortAll()
    expect(seen).toEqual({ answered: 120, refused: 880, tried: 120 })
    await control.database.query('delete from rate_windows')
  })
})
