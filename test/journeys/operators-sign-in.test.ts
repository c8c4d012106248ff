/** Threats 15 and 16 for operators: what an issuer's answer must be, and to whom, before it opens a session. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'

const client = { clientId: 'ownkey', clientSecret: 'a-secret-between-the-two' }
const ada = { sub: '1', name: 'Ada Operator', email: 'ops@acme.test', email_verified: true }

let issuer: OidcIssuer
let ownkey: RunningOwnkey
beforeAll(async () => {
  issuer = await startOidcIssuer(client)
  const oidc = {
    issuer: issuer.origin,
    ...client,
    allowedEmails: ['ops@acme.test'],
    allowedGroups: ['ownkey-operators'],
  }
  ownkey = await startOwnkey({ config: { signIn: { oidc } } })
})
afterAll(async () => {
  await ownkey?.close()
  await issuer?.close()
})

const step = async (url: string, cookie?: string) => {
  const answer = await fetch(url, { redirect: 'manual', headers: cookie === undefined ? {} : { cookie } })
  return { location: answer.headers.get('location') ?? '', cookie: answer.headers.get('set-cookie') ?? '' }
}

/** As far as the issuer sends the browser back. */
async function leave(claims: object) {
  issuer.signIn(claims as Record<string, unknown>)
  const begun = await step(`${ownkey.url}/api/v1/sign-in/oidc`)
  const { location } = await step(begun.location)
  return { back: location, kept: begun.cookie.split(';', 1)[0] as string, cookie: begun.cookie }
}

async function signIn(claims: object) {
  const { back, kept } = await leave(claims)
  return (await step(back, kept)).location
}

const sessions = async () => (await ownkey.api('GET', '/sessions?kind=operator')).body.items.length as number

describe('single sign-on', () => {
  test('lets in who is named, once, with a cookie that no script reads and no other site sends along', async () => {
    const { back, kept, cookie } = await leave(ada)
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; SameSite=Lax/)
    const { location } = await step(back, kept)
    const code = new URL(location, ownkey.url).searchParams.get('code')
    const exchange = () => ownkey.api('POST', '/sessions/exchange', { code })
    const [first, second] = [await exchange(), await exchange()]
    expect([first.status, first.body.kind, second.body.code]).toEqual([200, 'operator', 'sign_in_invalid'])
    expect((await step(back, kept)).location).toBe('/signin?problem=failed')
  })

  const seconds = () => Math.floor(Date.now() / 1000)
  test.each([
    ['an address that is not verified', { ...ada, email_verified: false }, 'not_allowed'],
    ['an address that is not verified, as a text', { ...ada, email_verified: 'false' }, 'not_allowed'],
    ['somebody else', { ...ada, email: 'mallory@evil.test' }, 'not_allowed'],
    ['an address that only ends as an allowed one', { ...ada, email: 'x-ops@acme.test' }, 'not_allowed'],
    ['a group written as a text', { sub: '2', groups: 'ownkey-operators' }, 'not_allowed'],
    ['nobody', { sub: '' }, 'failed|not_allowed'],
    ['a token for another client', { ...ada, aud: 'another' }, 'failed'],
    ['a token of another issuer', { ...ada, iss: 'https://evil.test' }, 'failed'],
    ['a token for another flight', { ...ada, nonce: 'another' }, 'failed'],
    ['a token that is over', { ...ada, iat: seconds() - 7200, exp: seconds() - 3600 }, 'failed'],
  ])('does not let in %s', async (_who, claims, problem) => {
    const before = await sessions()
    expect(await signIn(claims)).toMatch(new RegExp(`^/signin\\?problem=(${problem})$`))
    expect(await sessions()).toBe(before)
  })

  test('opens no session in a browser that did not begin it: without its cookie, or with another one’s', async () => {
    const [mine, theirs] = [await leave(ada), await leave(ada)]
    const before = await sessions()
    for (const [back, kept] of [
      [mine.back, undefined],
      [mine.back, theirs.kept],
      [mine.back.replace(/state=[^&]+/, 'state=another'), mine.kept],
      [mine.back.replace(/&?state=[^&]+/, ''), mine.kept],
    ] as const)
      expect((await step(back, kept)).location).toBe('/signin?problem=failed')
    expect(await sessions()).toBe(before)
  })
})
