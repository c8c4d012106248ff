import type { PatchKey, SavedKey } from '../../contract/index.ts'
import { dayMs } from '../../lib/index.ts'
import { getKeyInSlot, type ProviderKeyRow, resolveNoticesOfKeys } from '../../store/index.ts'
import { maskKey, putKey } from '../../vault/index.ts'
import type { ActorFields } from '../actor.ts'
import type { ControlDeps } from '../deps.ts'
import { setActiveProvider } from '../queries/orgs.ts'
import { holdOrg } from '../require-org.ts'
import { checkChoices } from './check-choices.ts'
import { hostFor, type KeyHost } from './host-for.ts'
import { inside } from './inside.ts'
import { inspect } from './inspect.ts'
import type { SlotContext } from './resolve-slot.ts'
import { showSaved } from './show-saved.ts'
import { refuseUseless, storedTest, tryKey } from './try-key.ts'
import { vaultDeps } from './vault-deps.ts'

export interface SaveKey {
  slot: SlotContext
  body: PatchKey & { key: string }
  by: ActorFields
}

/**
 * Checks, tests and saves a pasted key. Whatever stops it, the key that was there before is untouched.
 * @throws OwnkeyError `key_malformed`, `key_rejected`, `model_refused`, `scope_unknown`, `choice_fixed`, `rate_limited`, …
 */
export async function saveKey({ slot, body, by }: SaveKey, deps: ControlDeps): Promise<SavedKey> {
  const { secret, remarks, noted } = inspect(body.key, slot, deps.sandbox)
  checkChoices(body, slot)
  const before = await getKeyInSlot(deps.database, slotOf(slot))
  const host = hostFor(hostChoices(body, before), slot, deps.checkHost)
  const test = await testBeforeSaving({ slot, body, by }, { secret, host, before }, deps)
  const row = await deps.database.transaction(async (tx) => {
    await holdOrg(tx, slot.org, 'for no key update')
    if (slot.plan.choice === 'single') await setActiveProvider(tx, slot, slot.provider.id)
    // Notices about the old key are closed; if something is still wrong, it opens a new one.
    if (before) await resolveNoticesOfKeys(tx, [before.id])
    return putKey(vaultDeps(deps, inside(tx, deps.database)), {
      slot: slotOf(slot),
      secret,
      masked: maskKey(slot.entry, secret),
      host: { origin: host.origin, custom: host.customHost },
      settings: {
        ...settingsOf(body),
        baseUrl: host.baseUrl,
        region: host.region,
        rotateBy: rotateBy(body, slot, deps.clock.now()),
      },
      keepHours: slot.plan.rotation.overlapHours,
      test: test && { status: test.status, result: storedTest(test, deps.clock.now()) },
      by,
    })
  })
  deps.tenants.forget(slot.org)
  return {
    ...(await showSaved(row, slot, deps)),
    ...(remarks.length > 0 ? { remarks, noted } : {}),
  }
}

interface Prepared {
  secret: Parameters<typeof tryKey>[0]['secret']
  host: KeyHost
  before: ProviderKeyRow | undefined
}

async function testBeforeSaving({ slot, body, by }: SaveKey, { secret, host, before }: Prepared, deps: ControlDeps) {
  if (slot.plan.verify !== 'on_save') return undefined
  const model = body.model === undefined ? before?.model : body.model
  const test = await tryKey(
    { slot, secret, host, model, scope: body.scope ?? before?.scope ?? 'all', saved: false, by },
    deps,
  )
  await refuseUseless(test, { slot, by }, deps)
  return test
}

export function slotOf({ org, holder, user, provider, environment }: SlotContext) {
  return { org, holder, user, provider: provider.id, environment }
}

/** The settings in the body; the vault leaves undefined ones as they are. */
export function settingsOf({ model, scope, fallback, label, owner }: PatchKey) {
  return { model, scope, fallback, label, owner }
}

/** A replaced key stays with the host that was chosen, unless another is named; its region says nothing of another host. */
export function hostChoices({ baseUrl, region }: PatchKey, before: ProviderKeyRow | undefined) {
  const kept = before?.custom_host ? before.base_url : null
  const moved = baseUrl !== undefined && originOf(baseUrl) !== originOf(kept)
  return {
    baseUrl: baseUrl === undefined ? kept : baseUrl,
    region: region === undefined && !moved ? (before?.region ?? null) : (region ?? null),
  }
}

function originOf(url: string | null): string | undefined {
  return url !== null && URL.canParse(url) ? new URL(url).origin : undefined
}

/** The date that was named, else the plan's interval counted from now: a new key starts a new period. */
function rotateBy(body: PatchKey, { plan }: SlotContext, now: number): string | null | undefined {
  if (body.rotateBy !== undefined || plan.rotation.everyDays === undefined) return body.rotateBy
  return new Date(now + plan.rotation.everyDays * dayMs).toISOString().slice(0, 10)
}
