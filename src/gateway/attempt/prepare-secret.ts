import { OwnkeyError } from '../../contract/index.ts'
import type { Failure, PreparedSecret } from '../../providers/index.ts'
import { lacksRoom } from '../egress/network-error.ts'
import type { Gateway } from '../gateway.ts'
import { type SecretSource, secretOf } from './open-attempt.ts'
import type { Outcome } from './outcome.ts'

/** An attempt that ended before it was sent. */
export type Unprepared = Outcome & { failure: Failure }

/**
 * Where the key is a document (a service account's file): the short-lived token made from it, a new one or the one at hand.
 * @returns undefined: the key itself is sent. A token host that refuses or does not answer gives the attempt's failed outcome.
 * It rejects only where this machine has no room for a connection.
 * @throws KeyChanged, key_unreadable, missing_key
 */
export function prepareSecret(
  source: SecretSource,
  { prepared, deps }: Pick<Gateway, 'prepared' | 'deps'>,
): Promise<PreparedSecret | Unprepared> | undefined {
  const preparation = prepared.of(source.provider)
  if (preparation === undefined) return undefined
  const secret = secretOf(source, deps).reveal()
  if (secret.includes('sandbox') || !preparation.needed(secret)) return undefined
  const startedAt = performance.now()
  const unprepared = (failure: Failure): Unprepared => {
    const durationMs = Math.round(performance.now() - startedAt)
    return { failure, error: errorOf(failure), relayed: false, durationMs, bytes: 0 }
  }
  return preparation.prepare(secret).then(
    (made) => ('failure' in made ? unprepared(made.failure) : made),
    (error) => {
      if (lacksRoom(error)) throw error
      return unprepared({ class: 'network' })
    },
  )
}

/** In Ownkey's words: the caller asked the provider, and the token host's answer would make no sense to it. */
function errorOf(failure: Failure): OwnkeyError {
  if (failure.class === 'network' || failure.class === 'provider_error')
    return new OwnkeyError('upstream_unreachable', {
      detail: 'The host that gives tokens for the stored key does not answer as it should.',
    })
  return new OwnkeyError('key_refused', { facts: { class: failure.class } })
}
