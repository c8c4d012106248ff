import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { appendAudit } from '../audit/index.ts'
import type { Config } from '../config/index.ts'
import { openSession, originOf } from '../control/index.ts'
import type { Keyring } from '../crypto/index.ts'
import type { Clock } from '../lib/index.ts'
import type { Database } from '../store/index.ts'
import type { Log } from './log.ts'
import { createOidcClient, type OidcFlight, type OidcPerson } from './oidc-client.ts'

export interface SignInOptions {
  database: Database
  keyring: Keyring
  clock: Clock
  log: Log
  config(): Config
  publicUrl(): string
}

const path = '/api/v1/sign-in'
const cookie = 'ownkey_sign_in'
const flightSeconds = 600

/**
 * Single sign-on for operators: `GET /api/v1/sign-in` says whether there is one, `…/oidc` leads to the issuer, and
 * `…/oidc/callback` turns its answer into a sign-in link's code, which works once, as that of the printed link.
 */
export function registerSignIn(app: FastifyInstance, options: SignInOptions): void {
  const client = createOidcClient()
  const hidden = { schema: { hide: true } }
  const oidc = () => options.config().signIn.oidc
  const redirectUri = (request: FastifyRequest) => `${originOf(request) ?? options.publicUrl()}${path}/oidc/callback`
  app.get(path, hidden, async () => ({ oidc: oidc() !== undefined }))
  app.get(`${path}/oidc`, hidden, async (request, reply) => {
    const config = oidc()
    if (!config) return reply.callNotFound()
    try {
      const { url, flight } = await client.begin(config, redirectUri(request))
      return keepFlight(reply, flight, redirectUri(request)).redirect(url)
    } catch (error) {
      options.log.warn('sign_in_failed', { error })
      return reply.redirect('/signin?problem=failed')
    }
  })
  app.get(`${path}/oidc/callback`, hidden, async (request, reply) => {
    const config = oidc()
    const flight = flightOf(request)
    forgetFlight(reply)
    if (!config || !flight) return reply.redirect('/signin?problem=failed')
    try {
      const answer = new URL(redirectUri(request))
      answer.search = new URL(request.url, answer).search
      const person = await client.finish(config, answer, flight)
      if (!person) return reply.redirect('/signin?problem=not_allowed')
      return reply.redirect(`/signin?code=${await openFor(person, { request, options })}`)
    } catch (error) {
      options.log.warn('sign_in_failed', { error })
      return reply.redirect('/signin?problem=failed')
    }
  })
}

/** @returns the code that the console exchanges for a session of its own */
async function openFor(
  { id, name, email }: OidcPerson,
  { request, options }: { request: FastifyRequest; options: SignInOptions },
): Promise<string> {
  const { operatorSessionMinutes } = options.config().lifetimes
  const { code } = await options.database.transaction(async (tx) => {
    const session = await openSession(tx, {
      subject: { kind: 'operator', user: { id, name } },
      now: options.clock.now(),
      lifeMs: operatorSessionMinutes * 60_000,
      signInMs: 60_000,
    })
    await appendAudit(tx, options, {
      org: '',
      actor: { kind: 'operator', id, name },
      ip: request.ip,
      action: 'session.create',
      target: session.id,
      detail: { via: 'oidc', email },
    })
    return session
  })
  return code
}

/** Lax, because the issuer sends the browser back from another site by a plain link. */
function keepFlight(reply: FastifyReply, flight: OidcFlight, at: string): FastifyReply {
  const value = Buffer.from(JSON.stringify(flight)).toString('base64url')
  const secure = at.startsWith('https:') ? '; Secure' : ''
  return reply.header(
    'set-cookie',
    `${cookie}=${value}; Path=${path}; Max-Age=${flightSeconds}; HttpOnly; SameSite=Lax${secure}`,
  )
}

function forgetFlight(reply: FastifyReply): void {
  reply.header('set-cookie', `${cookie}=; Path=${path}; Max-Age=0; HttpOnly; SameSite=Lax`)
}

function flightOf(request: FastifyRequest): OidcFlight | undefined {
  const value = new RegExp(`(?:^|;\\s*)${cookie}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1]
  if (!value) return undefined
  try {
    const kept = JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as Partial<OidcFlight>
    const { state, nonce, verifier } = kept
    return [state, nonce, verifier].every((part) => typeof part === 'string' && part !== '')
      ? (kept as OidcFlight)
      : undefined
  } catch {
    return undefined
  }
}
