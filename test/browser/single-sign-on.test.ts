import { afterAll, describe, expect, it } from 'vitest'
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.ts'
import { profileConfig } from '../support/profile.ts'
import { startOwnkey } from '../support/running-server.ts'
import { sandboxPlatformKeys } from './real-browser.ts'
import { openStage, textOf } from './stage.ts'

const client = { clientId: 'ownkey', clientSecret: 'a-secret-between-the-two' }
let issuer: OidcIssuer
const stage = openStage('support-inbox', async () => {
  issuer = await startOidcIssuer(client)
  const oidc = {
    issuer: issuer.origin,
    ...client,
    allowedEmails: ['ops@acme.test', '@admins.acme.test'],
    allowedGroups: ['ownkey-operators'],
  }
  const config = profileConfig('support-inbox', undefined, { 'signIn.oidc': oidc })
  return startOwnkey({ config, sandbox: true, env: sandboxPlatformKeys })
})
afterAll(() => issuer.close())

const ada = { sub: '1', name: 'Ada Operator', email: 'ops@acme.test', email_verified: true }

async function signIn(claims: object) {
  issuer.signIn(claims as Record<string, unknown>)
  const page = await stage.blank()
  await page.goto(stage.server().url)
  await page.getByRole('link', { name: 'Sign in with single sign-on' }).click()
  return page
}

describe('single sign-on for operators', () => {
  it('brings in whoever the configuration names, and shows the session, which can be ended', async () => {
    const page = await signIn(ada)
    await page.getByRole('heading', { name: 'Organizations', level: 1 }).waitFor()
    expect(page.url()).not.toContain('code')
    expect(await page.context().cookies()).toEqual([])
    const { body } = await stage.server().api('GET', '/sessions?kind=operator')
    expect(body.items[0]).toMatchObject({ kind: 'operator', user: { id: 'ops@acme.test', name: 'Ada Operator' } })
    const trail = await stage.server().api('GET', '/audit?action=session.create')
    expect(trail.body.items[0]).toMatchObject({ actor: { id: 'ops@acme.test' }, detail: { via: 'oidc' } })
    for (const { id } of body.items) await stage.server().api('DELETE', `/sessions/${id}`)
    await page.getByRole('link', { name: 'Sessions' }).click()
    await page.locator('[data-reason=expired]').waitFor()
  })

  it.each([
    ['somebody at a named domain', { sub: '2', email: 'eve@admins.acme.test' }],
    ['a member of a named group', { sub: '3', groups: ['others', 'ownkey-operators'] }],
  ])('brings in %s', async (_who, claims) => {
    const page = await signIn(claims)
    await page.getByRole('heading', { name: 'Organizations', level: 1 }).waitFor()
  })

  it.each([
    ['somebody else', { sub: '4', email: 'mallory@evil.test', email_verified: true }],
    ['an address that the issuer has not verified', { ...ada, email_verified: false }],
    ['a domain that only ends alike', { sub: '5', email: 'x@notadmins.acme.test' }],
  ])('leaves %s outside, and says so', async (_who, claims) => {
    const page = await signIn(claims)
    await page.locator('[data-reason=not_allowed]').waitFor()
    await expect.poll(() => textOf(page, 'main')).toContain('may not')
  })

  it('refuses an answer that another browser asked for, one that comes twice, and a code without a flight', async () => {
    const { url } = stage.server()
    issuer.signIn(ada)
    const begin = async () => {
      const first = await fetch(`${url}/api/v1/sign-in/oidc`, { redirect: 'manual' })
      const at = await fetch(first.headers.get('location') ?? '', { redirect: 'manual' })
      return {
        cookie: (first.headers.get('set-cookie') ?? '').split(';')[0] ?? '',
        back: at.headers.get('location') ?? '',
      }
    }
    const finish = async (back: string, cookie: string) =>
      (await fetch(back, { redirect: 'manual', headers: { cookie } })).headers.get('location')
    const mine = await begin()
    const other = await begin()
    expect(await finish(mine.back, other.cookie)).toBe('/signin?problem=failed')
    expect(await finish(mine.back, '')).toBe('/signin?problem=failed')
    expect(await finish(mine.back, mine.cookie)).toMatch(/^\/signin\?code=/)
    expect(await finish(mine.back, mine.cookie)).toBe('/signin?problem=failed')
  })
})
