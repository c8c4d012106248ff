import { appendAudit } from '../../../audit/index.ts'
import {
  type KeyCheck,
  type KeyTest,
  keySlotQuerySchema,
  keyTestSchema,
  OwnkeyError,
  testKeySchema,
} from '../../../contract/index.ts'
import type { Secret } from '../../../crypto/index.ts'
import { type ProviderKeyRow, resolveNoticesOfKeys } from '../../../store/index.ts'
import { loadSealedKeys, openKey, recordTest } from '../../../vault/index.ts'
import { type ActorFields, actorOf } from '../../actor.ts'
import type { ControlDeps } from '../../deps.ts'
import { defineRoute } from '../../http/route.ts'
import { checkChoices } from '../../keys/check-choices.ts'
import { hostFor, hostOf, requireAllowedRegion } from '../../keys/host-for.ts'
import { inspectForTest } from '../../keys/inspect.ts'
import { requireKey } from '../../keys/require-key.ts'
import { resolveSlot, type SlotContext } from '../../keys/resolve-slot.ts'
import { storedTest, tryKey } from '../../keys/try-key.ts'
import { keyParams, keysPath } from './path.ts'

export const testKeyRoute = defineRoute({
  name: 'keys.test',
  method: 'POST',
  path: `${keysPath}/test`,
  tag: 'Keys',
  summary: 'Test a key before saving it, or the saved one. A timeout or an outage is never "invalid".',
  params: keyParams,
  query: keySlotQuerySchema,
  body: testKeySchema,
  answer: keyTestSchema,
  tellsProgress: true,
  async handle(call, deps) {
    const slot = await resolveSlot(call, deps, 'save')
    const { key, ...choices } = call.body
    checkChoices(choices, slot)
    const common = { slot, by: actorOf(call), onCheck: (check: KeyCheck) => call.tell({ check }) }
    if (key === undefined) return testSaved({ ...common, moved: Boolean(choices.baseUrl ?? choices.region) }, deps)
    return testPasted({ ...common, key, choices }, deps)
  },
})

/** Notices of real traffic that a test which succeeds closes. */
const failureKinds = ['fallback_active', 'key_failing']

interface Testing {
  slot: SlotContext
  by: ActorFields
  onCheck(check: KeyCheck): void
}

interface Pasted extends Testing {
  key: string
  choices: {
    model?: string | null | undefined
    scope?: string | undefined
    baseUrl?: string | null | undefined
    region?: string | null | undefined
  }
}

async function testPasted({ slot, key, choices, by, onCheck }: Pasted, deps: ControlDeps): Promise<KeyTest> {
  const { secret, remarks, noted } = inspectForTest(key, slot, deps.sandbox)
  const host = hostFor(choices, slot, deps.checkHost)
  const test = await tryKey(
    { slot, secret, host, model: choices.model, scope: choices.scope ?? 'all', saved: false, by, onCheck },
    deps,
  )
  const detail = { provider: slot.provider.id, environment: slot.environment, status: test.status, saved: false }
  await deps.database.transaction((tx) =>
    appendAudit(tx, deps, { org: slot.org, ...by, action: 'key.test', target: slot.provider.id, detail }),
  )
  return { ...test, ...(remarks.length > 0 ? { remarks, noted } : {}) }
}

async function testSaved(
  { slot, by, moved, onCheck }: Testing & { moved: boolean },
  deps: ControlDeps,
): Promise<KeyTest> {
  const row = await requireKey(slot, deps)
  if (moved)
    throw new OwnkeyError('key_required', { fix: 'Send the key together with the host that it should be tested on.' })
  const host = hostOf(row, slot)
  requireAllowedRegion(host, slot)
  const secret = await openSaved(row, deps)
  const test = await tryKey({ slot, secret, host, model: row.model, scope: row.scope, saved: true, by, onCheck }, deps)
  const now = deps.clock.now()
  await recordTest(deps, {
    org: slot.org,
    keyId: row.id,
    version: row.version,
    status: test.status,
    result: storedTest(test, now),
    by,
  })
  if (test.status === 'valid') await resolveNoticesOfKeys(deps.database, [row.id], { kinds: failureKinds })
  return test
}

/** @throws OwnkeyError `key_unreadable`, `key_unknown` when it was removed this moment */
async function openSaved(row: ProviderKeyRow, { database, keyring }: ControlDeps): Promise<Secret> {
  const sealed = (await loadSealedKeys({ database, keyring }, row.org_id)).find(
    ({ binding }) => binding.keyId === row.id,
  )
  if (!sealed) throw new OwnkeyError('key_unknown')
  return openKey(keyring, sealed)
}
