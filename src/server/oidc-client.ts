import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import type { OidcConfig } from '../config/index.ts'

/** What the browser keeps while the person is at the issuer; the issuer's answer is accepted from this browser only. */
export interface OidcFlight {
  state: string
  nonce: string
  verifier: string
}

/** Who the issuer says it is. */
export interface OidcPerson {
  id: string
  name: string | null
  email: string | null
}

export interface OidcClient {
  /** Where the person is sent, and what the browser keeps meanwhile. */
  begin(config: OidcConfig, redirectUri: string): Promise<{ url: string; flight: OidcFlight }>
  /**
   * @param answer the address that the issuer sent the browser back to
   * @returns undefined when the issuer vouches for somebody who may not come in
   * @throws when state, nonce, PKCE, signature, audience or time do not fit
   */
  finish(config: OidcConfig, answer: URL, flight: OidcFlight): Promise<OidcPerson | undefined>
}

/** The authorization code flow with PKCE. The issuer's metadata are fetched once for each configuration. */
export function createOidcClient(): OidcClient {
  const found = new WeakMap<OidcConfig, Promise<Configuration>>()
  const discover = async (config: OidcConfig) => {
    const known = found.get(config) ?? discoverIssuer(config)
    found.set(config, known)
    // An issuer that was down a moment ago is asked again.
    return known.catch((error: unknown) => {
      found.delete(config)
      throw error
    })
  }
  return {
    async begin(config, redirectUri) {
      const flight = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() }
      const url = buildAuthorizationUrl(await discover(config), {
        redirect_uri: redirectUri,
        scope: config.scopes.join(' '),
        state: flight.state,
        nonce: flight.nonce,
        code_challenge: await calculatePKCECodeChallenge(flight.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, flight }
    },
    async finish(config, answer, flight) {
      const tokens = await authorizationCodeGrant(await discover(config), answer, {
        pkceCodeVerifier: flight.verifier,
        expectedState: flight.state,
        expectedNonce: flight.nonce,
        idTokenExpected: true,
      })
      return personIn(tokens.claims() ?? {}, config)
    },
  }
}

function discoverIssuer({ issuer, clientId, clientSecret }: OidcConfig): Promise<Configuration> {
  const authentication = clientSecret ? ClientSecretPost(clientSecret.reveal()) : None()
  // The configuration lets http pass for this machine only.
  const execute = issuer.startsWith('http:') ? [allowInsecureRequests] : []
  return discovery(new URL(issuer), clientId, undefined, authentication, { execute })
}

function personIn(claims: Readonly<Record<string, unknown>>, config: OidcConfig): OidcPerson | undefined {
  const text = (name: string) => (typeof claims[name] === 'string' && claims[name] !== '' ? claims[name] : null)
  // Some issuers write it as a text.
  const email = String(claims['email_verified']) === 'false' ? null : text('email')
  const groups = claims[config.groupsClaim]
  const isMember = Array.isArray(groups) && config.allowedGroups.some((group) => groups.includes(group))
  if (!isMember && !isListed(email, config.allowedEmails)) return undefined
  const id = text('sub')
  return id === null ? undefined : { id: email ?? id, name: text('name'), email }
}

function isListed(email: string | null, allowed: readonly string[]): boolean {
  const written = email?.toLowerCase() ?? ''
  return allowed.some((one) => {
    const wanted = one.toLowerCase()
    return wanted.startsWith('@') ? written.endsWith(wanted) && written.length > wanted.length : written === wanted
  })
}
