import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { dropEnded } from './queries/drop-ended.ts'
import { exchangeCode, openSession } from './sessions.ts'

const config = `
plans:
  standard: { providers: { openai: optional } }
`

describe.each(databaseKinds)('sessions on %s', (kind) => {
  let control: RunningControl
  beforeAll(async () => {
    control = await startControl({ kind, config })
    await control.org('acme')
  })
  afterAll(() => control?.close())

  const open = (more: Record<string, unknown> = {}) =>
    control.call('POST', '/api/v1/sessions', {
      body: { org: 'acme', user: { id: 'ada', name: 'Ada', role: 'owner' }, ...more },
    })
  const codeOf = (url: string) => new URL(url).searchParams.get('code') as string
  const exchange = (code: string) => control.call('POST', '/api/v1/sessions/exchange', { token: '', body: { code } })
  const me = (token: string) => control.call('GET', '/api/v1/sessions/current', { token })

  it('opens the page once: of many that use the link at the same moment, one gets in', async () => {
    const { body } = await open()
    expect(body.url.startsWith(`${control.url}/signin?code=`)).toBe(true)
    const answers = await Promise.all(Array.from({ length: 12 }, () => exchange(codeOf(body.url))))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(answer.body).toMatchObject({ status: 401, code: 'sign_in_invalid' })
    const page = answers.find(({ status }) => status === 200)?.body
    expect(page).toMatchObject({ kind: 'member', org: 'acme', user: { id: 'ada', name: 'Ada', role: 'owner' } })
    expect((await me(page.token)).body).toMatchObject({ org: 'acme', user: { role: 'owner' } })
  })

  it('leads to the host by which the platform reached us, by https where a proxy says so', async () => {
    const { body } = await control.call('POST', '/api/v1/sessions', {
      body: { org: 'acme', user: { id: 'ada', role: 'owner' } },
      headers: { 'x-forwarded-proto': 'https' },
    })
    expect(body.url.startsWith(`${control.url.replace('http:', 'https:')}/signin?code=`)).toBe(true)
  })

  it('gives the page a token of its own, which is not the one of the widget', async () => {
    const { body } = await open()
    const page = (await exchange(codeOf(body.url))).body
    expect(page.token).not.toBe(body.token)
    // A link opens no more time than it was made with.
    expect(page.expiresAt).toBe(body.expiresAt)
    expect((await me(body.token)).status).toBe(200)
  })

  it('lets a link and a session grow old', async () => {
    const { body } = await open({ expiresIn: 3600 })
    try {
      control.time.offsetMs = 11 * 60_000
      expect((await exchange(codeOf(body.url))).body.code).toBe('sign_in_invalid')
      expect((await me(body.token)).status).toBe(200)
      control.time.offsetMs = 3601_000
      expect((await me(body.token)).body.code).toBe('token_invalid')
    } finally {
      control.time.offsetMs = 0
    }
  })

  it('ends a session with all that its link opened', async () => {
    const { body } = await open()
    const page = (await exchange(codeOf(body.url))).body
    expect((await control.call('DELETE', `/api/v1/sessions/${body.id}`)).status).toBe(204)
    for (const token of [body.token, page.token]) expect((await me(token)).body.code).toBe('token_invalid')
  })

  it.each(['by the operator', 'by itself'])(
    'ended %s while its link is used, ends what the link opens, too',
    async (who) => {
      const { body } = await open()
      const own = who === 'by itself'
      const end = () =>
        control.call('DELETE', `/api/v1/sessions/${own ? 'current' : body.id}`, own ? { token: body.token } : {})
      const { page, ending } = await control.database.transaction(async (tx) => {
        const page = await exchangeCode(tx, { code: codeOf(body.url), now: Date.now() })
        const ending = end()
        // The embedded database runs one transaction after the other: there, the end only comes later.
        const waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        while (kind === 'postgres' && (await control.database.query(waiting)).length === 0);
        return { page, ending }
      })
      expect((await ending).status).toBe(204)
      expect((await me(page?.token as string)).body.code).toBe('token_invalid')
    },
  )

  it('signs out by itself, and does not let a used code in again', async () => {
    const { body } = await open()
    expect((await control.call('DELETE', '/api/v1/sessions/current', { token: body.token })).status).toBe(204)
    expect((await me(body.token)).status).toBe(401)
    expect((await exchange(codeOf(body.url))).status).toBe(401)
  })

  it('lets an operator in by a link, with every right and no organization', async () => {
    const { code } = await openSession(control.database, {
      subject: { kind: 'operator', user: { id: 'operator', name: null } },
      now: Date.now(),
      lifeMs: 3_600_000,
      signInMs: 60_000,
    })
    const { body } = await exchange(code)
    expect(body).toMatchObject({ kind: 'operator', org: null, user: { role: 'operator' } })
    expect((await control.call('GET', '/api/v1/orgs', { token: body.token })).status).toBe(200)
  })

  it('stores neither token nor code', async () => {
    const { body } = await open()
    const rows = JSON.stringify(
      await control.database.query(
        "select id, encode(hash, 'hex') as h, encode(sign_in_hash, 'hex') as s, org_id, user_id from sessions",
      ),
    )
    expect(rows).not.toContain(body.token.slice(4, 20))
    expect(rows).not.toContain(codeOf(body.url).slice(4, 20))
  })

  it('refuses what cannot be a code or a session without asking the database', async () => {
    const { body } = await open()
    const code = codeOf(body.url)
    await control.database.transaction(async (tx) => {
      await tx.query('lock table sessions in access exclusive mode')
      for (const junk of ['x', `${code}0`, code.slice(0, -1), `okc_${'a'.repeat(49)}`, body.token])
        expect((await exchange(junk)).body.code).toBe('sign_in_invalid')
      for (const junk of ['x', `${body.token}0`, `oks_${'a'.repeat(49)}`, code])
        expect((await me(junk)).body.code).toBe('token_invalid')
    })
    expect((await exchange(code)).status).toBe(200)
  })

  it('opens the page in the language of its link', async () => {
    const { body } = await open({ locale: 'de' })
    expect((await exchange(codeOf(body.url))).body.locale).toBe('de')
  })

  it('lists those that can be used, of an organization or a kind, newest first and page by page', async () => {
    await control.org('listed')
    const opened = [await open({ org: 'listed' }), await open({ org: 'listed' }), await open({ org: 'listed' })]
    const [first, second, third] = opened.map(({ body }) => body.id)
    const brief = (await open({ org: 'listed', expiresIn: 60 })).body.id
    const list = async (query: string) => (await control.call('GET', `/api/v1/sessions?${query}`)).body
    const ids = async (query: string) => (await list(query)).items.map(({ id }: { id: string }) => id)
    expect(await ids('org=listed')).toEqual([brief, third, second, first])
    expect(await ids('org=listed&kind=operator')).toEqual([])
    expect(await ids('kind=operator')).not.toContain(first)
    expect(await ids('kind=member&limit=100')).toEqual(expect.arrayContaining([first, second, third]))
    await control.call('DELETE', `/api/v1/sessions/${second}`)
    control.time.offsetMs = 61_000
    try {
      const page = await list('org=listed&limit=1')
      expect(page.items).toMatchObject([{ id: third, org: 'listed' }])
      expect(await ids(`org=listed&cursor=${encodeURIComponent(page.nextCursor)}`)).toEqual([first])
    } finally {
      control.time.offsetMs = 0
    }
  })

  it('are deleted a day after they ended, with those that their link opened, and not before', async () => {
    await control.org('ended')
    const brief = (await open({ org: 'ended', expiresIn: 60 })).body
    await exchange(codeOf(brief.url))
    const revoked = (await open({ org: 'ended' })).body.id
    await control.call('DELETE', `/api/v1/sessions/${revoked}`)
    const lasting = (await open({ org: 'ended', expiresIn: 3_600 })).body.id
    const left = async () =>
      (await control.database.query<{ id: string }>("select id from sessions where org_id = 'ended'")).map(
        ({ id }) => id,
      )
    const day = 86_400_000
    await dropEnded(control.database, Date.now() + day - 5_000)
    expect(await left()).toHaveLength(4)
    await dropEnded(control.database, Date.now() + day + 61_000)
    expect(await left()).toEqual([lasting])
  })

  it('opens none for an organization that is not there', async () => {
    expect((await open({ org: 'nobody' })).body).toMatchObject({ status: 404, code: 'org_unknown' })
  })
})
