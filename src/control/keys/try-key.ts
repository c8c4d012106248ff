import { appendAudit } from '../../audit/index.ts'
import { type KeyCheck, OwnkeyError } from '../../contract/index.ts'
import type { Secret } from '../../crypto/index.ts'
import type { ActorFields } from '../actor.ts'
import type { ControlDeps } from '../deps.ts'
import { type KeyTestResult, limitTests, testKey } from '../test-key/index.ts'
import type { KeyHost } from './host-for.ts'
import { neededCapabilities, taskModels } from './needed-capabilities.ts'
import type { SlotContext } from './resolve-slot.ts'

export interface KeyTrial {
  slot: SlotContext
  secret: Secret
  host: KeyHost
  model: string | null | undefined
  scope: string
  saved: boolean
  by: ActorFields
  /** Told of each check as it finishes. */
  onCheck?: ((check: KeyCheck) => void) | undefined
}

/**
 * Tests a key for what its scope needs, within the limits on how often that may be done.
 * @throws OwnkeyError `rate_limited`, `host_not_allowed`
 */
export async function tryKey(trial: KeyTrial, deps: ControlDeps): Promise<KeyTestResult> {
  const { slot, secret, host, model, scope, saved, by } = trial
  await limitTests(deps.database, { org: slot.org, user: by.actor.id, now: deps.clock.now() })
  const chosen = model ?? slot.provider.defaultModel
  const input = {
    provider: { ...slot.entry, name: slot.provider.name },
    others: slot.inForce.providers,
    secret,
    ...host,
    model: chosen,
    saved,
    capabilities: neededCapabilities(scope, slot),
    taskModels: taskModels(scope, slot),
  }
  return testKey(input, { send: deps.send, monotonic: deps.clock.monotonic, onCheck: trial.onCheck })
}

/** As the page shows it later. */
export function storedTest({ deniesAll: _, ...test }: KeyTestResult, now: number): Record<string, unknown> {
  return { ...test, at: new Date(now).toISOString() }
}

/**
 * Refuses a key that would serve nothing: one that the provider rejects, or one without any permission that its scope
 * needs. The refusal is in the audit log; the key is nowhere.
 * @throws OwnkeyError `key_rejected`
 */
export async function refuseUseless(
  test: KeyTestResult,
  { slot, by }: Pick<KeyTrial, 'slot' | 'by'>,
  deps: ControlDeps,
): Promise<void> {
  if (test.status !== 'invalid' && !(test.status === 'permission' && test.deniesAll)) return
  const detail = {
    provider: slot.provider.id,
    environment: slot.environment,
    holder: slot.holder,
    user: slot.user,
    status: test.status,
    saved: false,
  }
  await deps.database.transaction((tx) =>
    appendAudit(tx, deps, { org: slot.org, ...by, action: 'key.reject', target: slot.provider.id, detail }),
  )
  throw new OwnkeyError('key_rejected', {
    ...(test.reason ? { detail: `${test.reason} It was not saved.` } : {}),
    ...(test.fix ? { fix: test.fix } : {}),
    facts: {
      status: test.status,
      ...(test.cause ? { cause: test.cause } : {}),
      ...(test.missing ? { missing: test.missing } : {}),
    },
    errors: [{ field: 'body.key', detail: test.reason ?? 'The provider refused this key.', code: 'key_refused' }],
  })
}
