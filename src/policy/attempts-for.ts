import { type Ask, addKeyFix, featureTitle, ownSkip, platformSkip, skip } from './ask.ts'
import { plannedFallback } from './candidates-for.ts'
import { knowsModel, mayUse } from './choose-model.ts'
import type { Attempt, KeyFacts, Refusal, SkipCode, Skipped } from './decision.ts'
import {
  creditFacts,
  creditReason,
  creditReset,
  ownAttempt,
  ownKeyIsExempt,
  platformAttempt,
  quotaReason,
  quotaReset,
} from './make-attempt.ts'
import { byokOff, fallbackIsOn, type Mend, mendOwnKey, ownKey } from './own-key.ts'
import type { PolicyProvider } from './policy.ts'
import { refusalFor } from './refusal-for.ts'
import { capFacts, capFix, capReason, capsReset } from './spend-caps.ts'

type Candidates = readonly PolicyProvider[]

/** Own key first; the platform's after it only where fallback is on, and alone only where no own key is in play. */
export function attemptsFor(ask: Ask, candidates: Candidates): readonly Attempt[] | Refusal {
  let stopped: Refusal | undefined
  for (const provider of candidates) {
    const found = ownKey(ask, provider)
    if (found.kind === 'usable') return ownFirst(ask, { provider, key: found.key, candidates })
    if (worthTelling(ask, { provider, candidates, code: found.skipped.code })) skip(ask, found.skipped)
    if (found.kind === 'stopped') stopped ??= found.refusal
  }
  return stopped ?? platformAlone(ask, candidates)
}

/** Whether a provider without a key is worth a line: where none is named there can be dozens that nobody set up. */
function worthTelling(
  ask: Ask,
  { provider, candidates, code }: { provider: PolicyProvider; candidates: Candidates; code: SkipCode },
): boolean {
  return (
    code !== 'no_key' ||
    candidates.length <= 3 ||
    provider.hasPlatformKey ||
    ask.plan.providers[provider.id] !== undefined
  )
}

function ownFirst(
  ask: Ask,
  own: { provider: PolicyProvider; key: KeyFacts; candidates: Candidates },
): readonly Attempt[] | Refusal {
  const attempt = ownAttempt(ask, own)
  const stop = ownLimit(ask, { attempt, provider: own.provider })
  if (stop) return stop

  const fallback = fallbackAttempt(ask, own)
  return fallback ? [{ ...attempt, fallbackOn: ask.fallback.when }, fallback] : [attempt]
}

/** A limit on the own key ends the request: it does not move to the platform's key, which would hide who pays. */
function ownLimit(
  ask: Ask,
  { attempt, provider }: { attempt: Attempt; provider: PolicyProvider },
): Refusal | undefined {
  const full = ownKeyIsExempt(ask) ? undefined : quotaReason(ask)
  if (full !== undefined) {
    skip(ask, ownSkip(ask, { provider, code: 'quota', ...full }))
    return {
      code: 'quota_exceeded',
      ...full,
      fix: 'Ask an administrator to raise the plan’s limit; own keys count toward it here.',
      facts: { ...full.facts, remedy: 'raise' },
      resets: quotaReset(ask),
    }
  }
  if (attempt.credits > ask.tenant.balance) {
    const reason = creditReason(ask, { credits: attempt.credits, whose: 'an own key' })
    const facts = creditFacts(ask, attempt.credits)
    skip(ask, ownSkip(ask, { provider, code: 'credits', reason, facts }))
    const fix = 'Add credits; the own key is not the limit here.'
    const said = { ...facts, remedy: 'credits_only' }
    return { code: 'credits_exhausted', reason, fix, facts: said, resets: creditReset(ask, attempt.credits) }
  }
  const spent = capReason(attempt.caps)
  if (spent !== undefined) {
    const facts = capFacts(attempt.caps)
    skip(ask, { ...ownSkip(ask, { provider, code: 'spend_cap', reason: spent, facts }), caps: attempt.caps })
    return { code: 'spend_cap_reached', reason: spent, fix: capFix, facts, resets: capsReset(attempt.caps) }
  }
  return undefined
}

function fallbackAttempt(
  ask: Ask,
  own: { provider: PolicyProvider; key: KeyFacts; candidates: Candidates },
): Attempt | undefined {
  if (!fallbackIsOn(ask.fallback, own.key)) {
    skip(
      ask,
      platformSkip({
        provider: own.provider,
        code: 'fallback_off',
        reason: `${fallbackOffReason(ask, own.key)}, so ${ask.policy.aiName} does not step in.`,
      }),
    )
    return undefined
  }
  const because = `If the own key fails, ${ask.policy.aiName} serves ${featureTitle(ask)}: ${ask.fallback.mode === 'always' ? 'the plan always falls back' : 'fallback is on'}.`
  for (const provider of fallbackOrder(ask, own)) {
    const attempt = forOtherProvider(ask, { provider, own: own.provider, because })
    if (!('code' in attempt)) {
      if (provider.id !== own.provider.id && lacksModel(ask, attempt)) continue
      return attempt
    }
    if (provider.id === own.provider.id || attempt.code !== 'no_platform_key') skip(ask, attempt)
  }
  return undefined
}

/** The plan's fallback provider, then the own key's, then the others; only the same one where the caller named it. */
function fallbackOrder(
  ask: Ask,
  { provider, candidates }: { provider: PolicyProvider; candidates: Candidates },
): Candidates {
  const planned = plannedFallback(ask)
  return [...new Set([...(planned ? [planned] : []), provider, ...candidates])]
}

/** A provider whose own key says "no fallback" is never served by the platform, not even on behalf of another's. */
function forOtherProvider(
  ask: Ask,
  { provider, own, because }: { provider: PolicyProvider; own: PolicyProvider; because: string },
): Attempt | Skipped {
  if (provider.id === own.id) return platformAttempt(ask, { provider, because, fallback: true })
  const other = ownKey(ask, provider)
  if (other.kind === 'stopped' || (other.kind === 'usable' && !fallbackIsOn(ask.fallback, other.key))) {
    return platformSkip({ provider, code: 'fallback_off', reason: `Fallback is off on the own ${provider.name} key.` })
  }
  const foreign =
    ask.model !== undefined &&
    !(knowsModel(provider, ask.model) && mayUse(ask, { provider, model: ask.model, own: false }))
  return platformAttempt(foreign ? { ...ask, model: undefined } : ask, { provider, because, fallback: true })
}

function platformAlone(ask: Ask, candidates: Candidates): readonly Attempt[] | Refusal {
  const tried: Skipped[] = []
  let unfinished: Attempt | undefined
  for (const provider of candidates) {
    const attempt = platformAttempt(ask, { provider, because: platformReason(ask, provider) })
    if ('code' in attempt) tried.push(attempt)
    else if (lacksModel(ask, attempt)) unfinished ??= attempt
    else {
      skipWorthwhile(ask, { entries: tried, candidates })
      return [attempt]
    }
  }
  skipWorthwhile(ask, { entries: tried, candidates })
  if (unfinished) return [unfinished]
  return refusalFor(ask, { candidates, tried, byokOff: byokOff(ask.plan, ask.tenant), mend: mendFor(ask, candidates) })
}

/**
 * The provider is open, and this one has no model for the task: another one comes first. An own key is not passed over so, because
 * the platform's would then serve and be paid instead.
 */
function lacksModel({ request }: Ask, { model }: Attempt): boolean {
  return model === undefined && request.provider === undefined && !request.noModel
}

function skipWorthwhile(
  ask: Ask,
  { entries, candidates }: { entries: readonly Skipped[]; candidates: Candidates },
): void {
  for (const entry of entries) if (candidates.length <= 3 || entry.code !== 'no_platform_key') skip(ask, entry)
}

function platformReason(ask: Ask, provider: PolicyProvider): string {
  const own = ask.skipped.find((entry) => entry.provider === provider.id) ?? ask.skipped[0]
  return `${ask.policy.aiName} serves ${featureTitle(ask)}. ${own?.reason ?? 'No own key is saved.'}`
}

/** What the customer can do about the own key of the first candidate. */
function mendFor(ask: Ask, candidates: Candidates): Mend {
  const provider = candidates[0] as PolicyProvider
  const own = ask.skipped.find((entry) => entry.provider === provider.id && entry.source !== 'platform')
  return own ? mendOwnKey(ask, { provider, code: own.code }) : { text: addKeyFix(ask, provider) }
}

function fallbackOffReason(ask: Ask, key: KeyFacts): string {
  const { mode, decidedBy, when } = ask.fallback
  if (mode === 'never')
    return decidedBy === 'feature' ? `The plan never falls back for ${featureTitle(ask)}` : 'The plan never falls back'
  if (ask.plan.fallback.when.length === 0) return 'The plan names no class of failure that falls back'
  if (when.length === 0) return 'The plan and the feature share no class of failure that falls back'
  return key.fallback === undefined ? 'Fallback is off by the plan’s default' : 'Fallback is turned off on this key'
}
