/** A small OpenID provider on loopback: whoever comes is the person that the test named, and PKCE is checked for real. */
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OidcIssuer {
  readonly origin: string
  /** The claims of whoever signs in from now on. */
  signIn(claims: Readonly<Record<string, unknown>>): void
  close(): Promise<void>
}

interface Pending {
  challenge: string
  nonce: string
  redirectUri: string
  claims: Readonly<Record<string, unknown>>
}

export interface IssuerOptions {
  clientId: string
  clientSecret: string
}

export async function startOidcIssuer({ clientId, clientSecret }: IssuerOptions): Promise<OidcIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const codes = new Map<string, Pending>()
  let person: Readonly<Record<string, unknown>> = { sub: 'nobody' }
  let origin = ''
  const send = (response: ServerResponse, status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const sign = (claims: object) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const text = `${part({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${part(claims)}`
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`
  }
  const redeem = (form: URLSearchParams) => {
    const pending = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const fits =
      pending?.challenge === challenge &&
      pending.redirectUri === form.get('redirect_uri') &&
      form.get('client_id') === clientId &&
      form.get('client_secret') === clientSecret
    return fits ? pending : undefined
  }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', origin)
    if (url.pathname === '/.well-known/openid-configuration')
      return send(response, 200, {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        jwks_uri: `${origin}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      })
    if (url.pathname === '/jwks')
      return send(response, 200, {
        keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }],
      })
    if (url.pathname === '/authorize') {
      const asked = (name: string) => url.searchParams.get(name) ?? ''
      const code = randomUUID()
      codes.set(code, {
        challenge: asked('code_challenge'),
        nonce: asked('nonce'),
        redirectUri: asked('redirect_uri'),
        claims: person,
      })
      const back = new URL(asked('redirect_uri'))
      back.searchParams.set('code', code)
      back.searchParams.set('state', asked('state'))
      return response.writeHead(302, { location: back.href }).end()
    }
    let body = ''
    for await (const part of request) body += part
    const pending = redeem(new URLSearchParams(body))
    if (!pending) return send(response, 400, { error: 'invalid_grant' })
    const now = Math.floor(Date.now() / 1000)
    const token = { iss: origin, aud: clientId, iat: now, exp: now + 300, nonce: pending.nonce, ...pending.claims }
    return send(response, 200, { access_token: 'unused', token_type: 'Bearer', expires_in: 300, id_token: sign(token) })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    signIn(claims) {
      person = claims
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
