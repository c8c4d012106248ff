import { createVerify, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ProviderAnswer } from '../failure.ts'
import { vertex } from './vertex.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const file = (more: object = {}) =>
  JSON.stringify({
    type: 'service_account',
    client_email: 'a@b.iam.gserviceaccount.com',
    private_key_id: 'k1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: 'https://attacker.test/token',
    ...more,
  })

function start(answer: (count: number) => ProviderAnswer | Promise<ProviderAnswer>) {
  const sent: { url: string; form: Readonly<Record<string, string>> }[] = []
  const clock = { now: Date.parse('2026-11-20T12:00:00Z'), monotonic: 0 }
  const preparation = vertex.secretPreparation?.({
    now: () => clock.now,
    monotonic: () => clock.monotonic,
    send: async (request) => {
      sent.push(request)
      return answer(sent.length)
    },
  })
  if (!preparation) throw new Error('Vertex prepares secrets')
  return { preparation, sent, clock }
}
const token = (count: number): ProviderAnswer => ({
  status: 200,
  headers: {},
  body: { access_token: `ya29.token-${count}`, expires_in: 3599 },
})

describe('a service account', () => {
  it('becomes a Bearer token by a signed assertion, sent to Google alone', async () => {
    const { preparation, sent } = start(token)
    expect(preparation.needed(file())).toBe(true)
    expect(await preparation.prepare(file())).toEqual({
      credential: 'ya29.token-1',
      placement: { header: 'authorization', prefix: 'Bearer ' },
      path: expect.any(Function),
    })
    expect(sent[0]?.url).toBe('https://oauth2.googleapis.com/token')
    const [header = '', claims = '', signature = ''] = sent[0]?.form['assertion']?.split('.') ?? []
    expect(createVerify('RSA-SHA256').update(`${header}.${claims}`).verify(publicKey, signature, 'base64url')).toBe(
      true,
    )
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'a@b.iam.gserviceaccount.com',
      aud: 'https://oauth2.googleapis.com/token',
    })
  })

  it('asks once for many requests at the same time, and again only when the token is about to end', async () => {
    const { preparation, sent, clock } = start(token)
    await Promise.all(Array.from({ length: 50 }, () => preparation.prepare(file())))
    expect(sent).toHaveLength(1)
    clock.now += 50 * 60_000
    await preparation.prepare(file())
    expect(sent).toHaveLength(1)
    clock.now += 6 * 60_000
    expect(await preparation.prepare(file())).toMatchObject({ credential: 'ya29.token-2' })
  })

  it('goes by how long a token has lived, whatever is done to the clock', async () => {
    const { preparation, sent, clock } = start(token)
    await preparation.prepare(file())
    clock.now -= 3_600_000
    clock.monotonic += 50 * 60_000
    await preparation.prepare(file())
    expect(sent).toHaveLength(1)
    clock.monotonic += 6 * 60_000
    expect(await preparation.prepare(file())).toMatchObject({ credential: 'ya29.token-2' })
  })

  it('never gives one account the token of another', async () => {
    const { preparation } = start(token)
    const one = await preparation.prepare(file())
    const other = await preparation.prepare(file({ client_email: 'c@d.iam.gserviceaccount.com' }))
    expect(one).not.toEqual(other)
  })

  it('that Google refuses is a failure, and is asked for again', async () => {
    const { preparation, sent } = start((count) =>
      count === 1
        ? { status: 400, headers: {}, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } }
        : token(count),
    )
    expect(await preparation.prepare(file())).toMatchObject({ failure: { class: 'invalid_key', cause: 'revoked' } })
    expect(await preparation.prepare(file())).toMatchObject({ credential: 'ya29.token-2' })
    expect(sent).toHaveLength(2)
  })

  it('is not remembered when the token’s host cannot be reached', async () => {
    const { preparation } = start((count) => {
      if (count === 1) throw new Error('unreachable')
      return token(count)
    })
    await expect(preparation.prepare(file())).rejects.toThrow('unreachable')
    expect(await preparation.prepare(file())).toMatchObject({ credential: 'ya29.token-2' })
  })

  it('that is broken is an invalid key and goes nowhere', async () => {
    const { preparation, sent } = start(token)
    for (const secret of ['{', '{}', '{"client_email":1}', file({ private_key: 'no pem' })]) {
      expect(await preparation.prepare(secret)).toEqual({ failure: { class: 'invalid_key' } })
    }
    expect(sent).toHaveLength(0)
  })

  it('is not needed for API keys; access tokens are sent as Bearer', async () => {
    const { preparation } = start(token)
    expect(preparation.needed('AQ.something')).toBe(false)
    expect(preparation.needed('ya29.abc')).toBe(true)
    expect(await preparation.prepare('ya29.abc')).toMatchObject({
      credential: 'ya29.abc',
      placement: { prefix: 'Bearer ' },
    })
  })
})
