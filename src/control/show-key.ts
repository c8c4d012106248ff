import { type KeyStatus, keyTestSchema, type MaskedKey, timeSchema } from '../contract/index.ts'
import { daysUntil } from '../lib/index.ts'
import {
  allowsRegion,
  type FallbackRule,
  keyRegion,
  type Policy,
  type PolicyPlan,
  type PolicyProvider,
  publicProviderId,
} from '../policy/index.ts'
import type { ProviderKeyRow } from '../store/index.ts'
import type { Restorable } from './queries/restorable.ts'
import { failureOf, sentencesOfKey } from './test-key/index.ts'

/** As `last_test` is stored. A form of an older version is left out rather than shown wrong. */
export const storedTestSchema = keyTestSchema.extend({ at: timeSchema })

export interface ShowKeyContext {
  policy: Policy
  plan: PolicyPlan
  now: number
  restorable?: Restorable | undefined
}

/** The key as anyone may see it: a public prefix, the last four characters, and how it does. */
export function showKey(row: ProviderKeyRow, { policy, plan, now, restorable }: ShowKeyContext): MaskedKey {
  const { status } = row
  const lastTest = storedTestSchema.safeParse(row.last_test).data ?? null
  const errorClass = failureOf(row)
  const byTest = row.status_class === null ? saidByTest(lastTest, status) : undefined
  const said = errorClass && (byTest ?? sentencesOfKey(row))
  return {
    id: row.id,
    provider: publicProviderId(policy, row.provider),
    environment: row.environment,
    holder: row.holder,
    user: row.holder === 'user' ? row.user_id : null,
    state: row.state,
    hint: row.hint,
    last4: row.last4,
    status,
    statusClass: errorClass ?? null,
    statusCause: said?.cause ?? null,
    statusReason: said?.reason ?? null,
    statusFix: said?.fix ?? null,
    scope: row.scope,
    model: row.model,
    fallback: fallbackOn(plan.fallback, row.fallback),
    label: row.label,
    owner: row.owner,
    rotateBy: row.rotate_by,
    rotation: rotationOf(row.rotate_by, { now, remindDays: Math.max(0, ...plan.rotation.remindDays) }),
    region: row.region,
    baseUrl: row.custom_host ? row.base_url : null,
    host: new URL(row.origin).host,
    hostAllowed: isPlaced(row, { plan, provider: policy.providers.get(row.provider) }),
    version: row.version,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    lastTest,
    restorable: restorable ? showRestorable(restorable, { plan, provider: policy.providers.get(row.provider) }) : null,
  }
}

interface Place {
  plan: PolicyPlan
  provider: PolicyProvider | undefined
}

/** Whether the plan lets the host be used that a key is bound to: the same rule as when it is enabled or put back. */
function isPlaced(
  { origin, region, custom_host: customHost }: Pick<ProviderKeyRow, 'origin' | 'region' | 'custom_host'>,
  { plan, provider }: Place,
): boolean {
  const placed = { origin, customHost, region: region ?? undefined }
  return provider !== undefined && allowsRegion(plan, keyRegion(placed, provider))
}

function showRestorable({ until, kept }: Restorable, place: Place): NonNullable<MaskedKey['restorable']> {
  return { hint: kept.hint, until: until.toISOString(), allowed: isPlaced(kept, place) }
}

/** What the last test said, as long as no real request has said otherwise since. */
function saidByTest(lastTest: MaskedKey['lastTest'], status: KeyStatus) {
  if (lastTest?.status !== status || !lastTest.reason) return undefined
  return { reason: lastTest.reason, fix: lastTest.fix ?? '', cause: lastTest.cause ?? null }
}

/** The toggle where the plan has one, else the plan's word. */
export function fallbackOn(
  { mode, default: byDefault }: Pick<FallbackRule, 'mode' | 'default'>,
  toggle: boolean | null | undefined,
): boolean {
  return mode === 'always' || (mode === 'customer' && (toggle ?? byDefault))
}

export function rotationOf(
  rotateBy: string | null,
  { now, remindDays }: { now: number; remindDays: number },
): MaskedKey['rotation'] {
  if (rotateBy === null) return 'none'
  const days = daysUntil(rotateBy, now)
  if (days < 0) return 'overdue'
  return days <= remindDays ? 'due_soon' : 'scheduled'
}
