import { OwnkeyError } from '../../contract/index.ts'
import { Secret } from '../../crypto/index.ts'
import type { Attempt } from '../../policy/index.ts'
import type { PreparedSecret, Provider } from '../../providers/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import { KeyRedactor } from '../answer/key-redactor.ts'
import type { GatewayDeps, GatewaySetup } from '../gateway-deps.ts'
import { buildRequestHeaders } from './request-headers.ts'

/** An attempt with its credential in place, ready to be sent. Lives only until the answer is over. */
export interface OpenedAttempt {
  origin: string
  guarded: boolean
  path: string
  headers: string[]
  redactor: KeyRedactor
}

export interface AttemptSource {
  attempt: Attempt
  provider: Provider
  tenant: Tenant
  setup: GatewaySetup
  rawHeaders: readonly string[]
  /** The provider's own path, with query: what stands behind `/{provider}`. */
  path: string
  /** The token made from a key that is a document; absent: the key itself is sent. */
  prepared?: PreparedSecret | undefined
}

export type SecretSource = Pick<AttemptSource, 'attempt' | 'tenant' | 'setup' | 'provider'>

/** The own key that a decision chose was removed or replaced meanwhile, so the request has to be decided again. */
export class KeyChanged extends Error {}

/**
 * Opens the secret of an attempt and puts it where the provider wants it. The key is looked up again here, in the newest
 * snapshot, so that one removed meanwhile is not sent.
 * @throws KeyChanged, key_unreadable, sandbox_off, missing_key
 */
export function openAttempt(source: AttemptSource, deps: GatewayDeps): OpenedAttempt {
  const { attempt, provider, prepared } = source
  const path = prepared?.path?.(source.path, attempt.region) ?? source.path
  const opened = prepared === undefined ? secretOf(source, deps) : new Secret(prepared.credential)
  const secret = opened.reveal()
  const placement = prepared?.placement ?? provider.credential(pathOnly(path))
  const headers = buildRequestHeaders(source.rawHeaders, { placement, value: secret }, provider.dropRequestHeaders)
  const redactor = new KeyRedactor(opened)
  if (prepared !== undefined || !secret.includes('sandbox')) {
    const customHost = attempt.key !== undefined && isCustomHost(source)
    return { origin: attempt.origin, guarded: customHost, path: `${attempt.basePath ?? ''}${path}`, headers, redactor }
  }
  if (deps.sandbox === undefined) throw new OwnkeyError('sandbox_off')
  return { origin: deps.sandbox.origin(provider.id), guarded: false, path: `/${provider.id}${path}`, headers, redactor }
}

/** @throws KeyChanged, key_unreadable, missing_key */
export function secretOf({ attempt, tenant, setup, provider }: SecretSource, deps: GatewayDeps): Secret {
  if (attempt.key === undefined) {
    const secret = setup.platformKey(provider.id)
    if (secret === undefined) throw new OwnkeyError('missing_key')
    return secret
  }
  const sealed = tenant.sealed.get(attempt.key.id)
  if (sealed === undefined || sealed.binding.version !== attempt.key.version) throw new KeyChanged()
  return deps.openKey(sealed)
}

export function isCustomHost({ attempt, tenant }: Pick<AttemptSource, 'attempt' | 'tenant'>): boolean {
  return tenant.keys.find((key) => key.id === attempt.key?.id)?.customHost === true
}

function pathOnly(path: string): string {
  const question = path.indexOf('?')
  return question === -1 ? path : path.slice(0, question)
}
