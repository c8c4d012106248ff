import { systemClock } from '../../lib/index.ts'
import type { Provider, ProviderAnswer, SecretPreparation } from '../../providers/index.ts'
import { collectAnswer } from '../egress/collect-answer.ts'
import type { Egress } from '../egress/egress.ts'
import type { GatewaySetup } from '../gateway-deps.ts'

/** Makes tokens from keys that are documents, and keeps them in this process as long as they hold. */
export interface PreparedSecrets {
  /** Undefined: this provider's keys are always sent themselves. */
  of(provider: Provider): SecretPreparation | undefined
}

const timeoutMs = 15_000

/**
 * One preparation for each provider that needs one. Tokens are fetched through the egress like everything else, from the provider's
 * fixed address, unless the operator's configuration names another (`tokenUrl`).
 */
export function createPreparedSecrets(options: {
  egress: Pick<Egress, 'send'>
  setup(): Pick<GatewaySetup, 'config'>
  now(): number
}): PreparedSecrets {
  const { egress, setup, now } = options
  const made = new Map<string, SecretPreparation>()
  return {
    of(provider) {
      if (provider.secretPreparation === undefined) return undefined
      const known = made.get(provider.id)
      if (known !== undefined) return known
      const preparation = provider.secretPreparation({
        now,
        monotonic: systemClock.monotonic,
        send: ({ url, form }) => post(egress, setup().config.providers[provider.id]?.tokenUrl ?? url, form),
      })
      made.set(provider.id, preparation)
      return preparation
    },
  }
}

function post(
  egress: Pick<Egress, 'send'>,
  url: string,
  form: Readonly<Record<string, string>>,
): Promise<ProviderAnswer> {
  const { origin, pathname, search } = new URL(url)
  const headers = ['accept', 'application/json', 'accept-encoding', 'identity']
  headers.push('content-type', 'application/x-www-form-urlencoded')
  const body = Buffer.from(new URLSearchParams(form).toString())
  const request = { origin, guarded: false, method: 'POST', path: `${pathname}${search}`, headers, body }
  return collectAnswer(egress, request, { timeoutMs })
}
