import { createSign, hash } from 'node:crypto'
import type { Failure, ProviderAnswer } from '../failure.ts'
import { at, isRecord } from '../reading/is-record.ts'
import type {
  CredentialPlacement,
  PreparedSecret,
  SecretPreparation,
  SecretPreparationIo,
} from '../secret-preparation.ts'

/** Fixed: the file's own `token_uri` could send the signed assertion anywhere. */
const tokenUrl = 'https://oauth2.googleapis.com/token'
const scope = 'https://www.googleapis.com/auth/cloud-platform'
const bearer: CredentialPlacement = { header: 'authorization', prefix: 'Bearer ' }
const malformed: Failure = { class: 'invalid_key' }
/** Tokens are renewed this long before they expire, so that none expires while a request is on its way. */
const marginMs = 5 * 60_000
const mostTokens = 1000

interface Account {
  email: string
  keyId: string
  privateKey: string
  /** Absent in a file that names none that a path can carry. */
  project: string | undefined
}
interface Held {
  answer: Promise<PreparedSecret | { failure: Failure }>
  /** Monotonic milliseconds, and wall time: the first does not count a machine's sleep, the second may be set back. */
  until: { monotonic: number; wall: number }
}

/**
 * Access tokens for Google service accounts. The stored secret is the JSON file; what goes upstream is a token of about
 * an hour. Access tokens that were stored as such (`ya29.…`) are sent as Bearer; API keys need nothing of this.
 */
export function serviceAccountTokens(
  io: SecretPreparationIo,
  readFailure: (answer: ProviderAnswer) => Failure | undefined,
): SecretPreparation {
  const held = new Map<string, Held>()

  async function mint(account: Account, slot: string): Promise<PreparedSecret | { failure: Failure }> {
    const assertion = signAssertion(account, io.now())
    if (assertion === undefined) return { failure: malformed }
    const answer = await io.send({
      url: tokenUrl,
      form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
    })
    const token = at(answer.body, 'access_token')
    if (answer.status !== 200 || typeof token !== 'string' || token === '') {
      held.delete(slot)
      return { failure: readFailure(answer) ?? { class: 'provider_error' } }
    }
    const entry = held.get(slot)
    if (entry) {
      const lives = lifetimeMs(answer) - marginMs
      entry.until = { monotonic: io.monotonic() + lives, wall: io.now() + lives }
    }
    const { project } = account
    const path = (open: string, region: string | undefined) =>
      project === undefined ? open : placed(open, project, region)
    return { credential: token, placement: bearer, path }
  }

  function remember(account: Account, slot: string): Held['answer'] {
    if (held.size >= mostTokens) held.delete(held.keys().next().value ?? slot)
    // Never expires until the answer says when: everybody who asks meanwhile waits for the same answer.
    const entry: Held = {
      answer: Promise.resolve({ failure: malformed }),
      until: { monotonic: Number.POSITIVE_INFINITY, wall: Number.POSITIVE_INFINITY },
    }
    held.set(slot, entry)
    entry.answer = mint(account, slot)
    entry.answer.catch(() => held.delete(slot))
    return entry.answer
  }

  return {
    needed: (secret) => isDocument(secret) || secret.startsWith('ya29.'),
    async prepare(secret) {
      if (!isDocument(secret)) return { credential: secret, placement: bearer }
      const account = readAccount(secret)
      if (account === undefined) return { failure: malformed }
      // A hash, not the file: the map must not keep secrets.
      const slot = hash('sha256', secret, 'base64')
      const known = held.get(slot)
      if (known && known.until.monotonic > io.monotonic() && known.until.wall > io.now()) return known.answer
      return remember(account, slot)
    },
  }
}

const isDocument = (secret: string): boolean => secret.trimStart().startsWith('{')

function readAccount(secret: string): Account | undefined {
  let file: unknown
  try {
    file = JSON.parse(secret)
  } catch {
    // The parser's error carries its input: it goes no further.
    return undefined
  }
  if (!isRecord(file)) return undefined
  const { client_email: email, private_key: privateKey, private_key_id: keyId, project_id: project } = file
  if (typeof email !== 'string' || typeof privateKey !== 'string') return undefined
  return {
    email,
    privateKey,
    keyId: typeof keyId === 'string' ? keyId : '',
    project: typeof project === 'string' && /^[a-z0-9][a-z0-9:.-]{1,80}$/.test(project) ? project : undefined,
  }
}

/**
 * A call of express mode names neither project nor location, and service accounts are served only with both: the file names
 * the project, the key's region the location. Other paths stay.
 */
function placed(path: string, project: string, region: string | undefined): string {
  const found = /^(\/v1(?:beta1)?)(\/publishers\/[^/]+\/models\/[^/:?]+:.*)$/.exec(path)
  return found === null ? path : `${found[1]}/projects/${project}/locations/${region ?? 'global'}${found[2]}`
}

/** A signed JWT, or undefined when the private key cannot be read. */
function signAssertion({ email, keyId, privateKey }: Account, now: number): string | undefined {
  const issued = Math.floor(now / 1000)
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === '' ? {} : { kid: keyId }) }
  const claims = { iss: email, scope, aud: tokenUrl, iat: issued, exp: issued + 3600 }
  const text = `${encode(header)}.${encode(claims)}`
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`
  } catch {
    return undefined
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function lifetimeMs(answer: ProviderAnswer): number {
  const told = Number(at(answer.body, 'expires_in'))
  return (Number.isFinite(told) && told > 0 ? Math.min(told, 3600) : 3600) * 1000
}
