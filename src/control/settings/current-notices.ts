import type { MaskedKey, Notice, Settings, SettingsProvider } from '../../contract/index.ts'
import { noticeWords } from '../show-notice.ts'

type Shown = Pick<Settings, 'platform' | 'providers' | 'features' | 'quotas' | 'credits' | 'environment'>

/** What a notice is about, before it has words. */
interface Cause {
  kind: string
  provider?: SettingsProvider
  key?: MaskedKey
  meter?: string
  facts: Record<string, unknown>
  since: string
}

/** Class of failure that stands for a key's status in a notice's sentence. */
const classOf: Partial<Record<MaskedKey['status'], string>> = {
  invalid: 'invalid_key',
  permission: 'permission_denied',
  quota: 'quota_exhausted',
  network: 'network',
}

/** A quota is nearly used at this part of its limit; credits are low below this many requests. */
const nearQuota = 0.8
const fewRequests = 20

/**
 * What needs someone now, read from the state itself: it is there as long as its cause is, and no longer. Ids begin with
 * `now_` and stay the same while the cause lasts.
 */
export function currentNotices(shown: Shown, now: number): Notice[] {
  const causes = [
    ...shown.providers.flatMap((provider) => provider.keys.flatMap((key) => ofKey(provider, key))),
    ...ofQuotas(shown, now),
    ...ofCredits(shown, now),
  ]
  return causes.map((cause) => toNotice(cause, shown))
}

function ofKey(provider: SettingsProvider, key: MaskedKey): Cause[] {
  const causes: Cause[] = []
  const errorClass = classOf[key.status]
  if (errorClass && key.state === 'active') {
    const steppedIn = key.fallback && provider.platformKey && provider.policy !== 'required'
    const facts = { errorClass, environment: key.environment, hint: key.hint }
    causes.push({
      kind: steppedIn ? 'fallback_active' : 'key_failing',
      provider,
      key,
      facts,
      since: key.lastTest?.at ?? key.updatedAt,
    })
  }
  if (key.rotation === 'due_soon' || key.rotation === 'overdue') {
    const kind = key.rotation === 'overdue' ? 'rotation_overdue' : 'rotation_due'
    causes.push({
      kind,
      provider,
      key,
      facts: { rotateBy: key.rotateBy, owner: key.owner, environment: key.environment },
      since: key.updatedAt,
    })
  }
  return causes
}

/** Only where some feature counts toward the quota now: an own key that is exempt makes the limit nobody's concern. */
function ofQuotas({ quotas, features }: Shown, now: number): Cause[] {
  return quotas.flatMap(({ meter, title, used, limit, resetsAt }): Cause[] => {
    if (limit === 0 || used < limit * nearQuota) return []
    const counts = features.some(
      ({ meter: of, decision }) =>
        of === meter && (decision.refusal !== undefined || decision.attempts[0]?.meter === meter),
    )
    const facts = { meter, title, used, limit, resetsAt }
    return counts
      ? [{ kind: used >= limit ? 'quota_reached' : 'quota_near', meter, facts, since: new Date(now).toISOString() }]
      : []
  })
}

function ofCredits({ credits, features }: Shown, now: number): Cause[] {
  const prices = features.flatMap(({ decision }) =>
    decision.refusal?.code === 'credits_exhausted'
      ? [Number.POSITIVE_INFINITY]
      : decision.attempts.slice(0, 1).map(({ credits: price }) => price),
  )
  const dearest = Math.max(0, ...prices)
  if (dearest === 0 || credits.balance >= dearest * fewRequests) return []
  return [{ kind: 'credits_low', facts: { balance: credits.balance }, since: new Date(now).toISOString() }]
}

function toNotice({ kind, provider, key, meter, facts, since }: Cause, { platform }: Shown): Notice {
  const about = key?.id ?? meter
  return {
    id: `now_${kind}${about === undefined ? '' : `_${about}`}`,
    kind,
    ...noticeWords(kind, { provider: provider?.name ?? '', aiName: platform.aiName, facts, count: 1 }),
    provider: provider?.id ?? null,
    keyId: key?.id ?? null,
    facts,
    count: 1,
    openedAt: since,
    lastAt: since,
    resolvedAt: null,
  }
}

/** Stored notices tell more (how often, since when), so they stand in for the same cause read from the state. */
export function mergeNotices(stored: readonly Notice[], current: readonly Notice[]): Notice[] {
  const told = new Set(stored.map(({ kind, keyId, facts }) => `${kind} ${keyId ?? facts['meter'] ?? ''}`))
  return [
    ...current.filter(({ kind, keyId, facts }) => !told.has(`${kind} ${keyId ?? facts['meter'] ?? ''}`)),
    ...stored,
  ]
}
