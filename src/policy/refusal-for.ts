import { withArticle } from '../lib/index.ts'
import type { Ask } from './ask.ts'
import type { Refusal, SkipCode, Skipped } from './decision.ts'
import { creditReset, price, quotaReset } from './make-attempt.ts'
import type { Mend } from './own-key.ts'
import type { PolicyProvider } from './policy.ts'
import { capFix, capsReset } from './spend-caps.ts'

/** What is known when nobody can serve the request. */
interface Dead {
  candidates: readonly PolicyProvider[]
  /** Why the platform's key serves none of the candidates, one entry each. */
  tried: readonly Skipped[]
  /** Set when own keys are off. */
  byokOff: string | undefined
  /** What to do about the own key. */
  mend: Mend
}

/** What may stop the platform's key, the most telling first, and the refusal for each. */
const byPlatformSkip: readonly [SkipCode, (ask: Ask, dead: Dead, found: Skipped) => Refusal][] = [
  ['quota', quotaExceeded],
  ['credits', creditsExhausted],
  [
    'spend_cap',
    (_ask, _dead, { reason, caps, facts }) => ({
      code: 'spend_cap_reached',
      reason,
      facts,
      fix: capFix,
      resets: capsReset(caps),
    }),
  ],
  ['model_refused', modelRefused],
  [
    'region',
    (_ask, dead, { reason, facts }) => ({
      code: 'region_not_allowed',
      reason,
      facts: { ...(dead.byokOff ? { remedy: 'other_plan' } : {}), ...facts },
      fix: `${dead.byokOff ? 'Ask the platform for a plan that allows the region' : mendOr(dead, `${dead.mend.text}, of an allowed region`)}.`,
    }),
  ],
]

/** The refusal of a request that neither an own key nor the platform's serves. */
export function refusalFor(ask: Ask, dead: Dead): Refusal {
  for (const [code, build] of byPlatformSkip) {
    const found = dead.tried.find((entry) => entry.code === code)
    if (found) return build(ask, dead, found)
  }
  return missingKey(ask, dead)
}

function quotaExceeded(ask: Ask, dead: Dead, { reason, facts }: Skipped): Refusal {
  const name = dead.candidates[0]?.name ?? ''
  const exempt = ask.plan.quotas[ask.feature?.meter ?? '']?.ownKeyExempt ?? true
  const helps = dead.byokOff === undefined && exempt
  return {
    code: 'quota_exceeded',
    reason,
    fix: helps
      ? `${mendOr(dead, `Add ${withArticle(name)} key`)}, or ask an administrator to raise the plan’s limit.`
      : 'Ask an administrator to raise the plan’s limit.',
    facts: { ...facts, ...(helps ? { ...dead.mend.facts, provider: name } : { remedy: 'raise' }) },
    resets: quotaReset(ask),
  }
}

function creditsExhausted(ask: Ask, dead: Dead, { reason, facts }: Skipped): Refusal {
  const own = price(ask)
  const helps = dead.byokOff === undefined && own.ownKey <= ask.tenant.balance
  return {
    code: 'credits_exhausted',
    reason,
    fix: helps ? `Add credits, or ${lowerFirst(dead.mend.text)}: that costs ${own.ownKey}.` : 'Add credits.',
    facts: { ...facts, ...(helps ? { own: own.ownKey } : { remedy: 'credits_only' }) },
    resets: creditReset(ask, own.platformKey),
  }
}

function modelRefused(ask: Ask, dead: Dead, { reason, facts }: Skipped): Refusal {
  const allow = dead.candidates[0]?.rules.allow
  const choose = allow ? `Choose one of these models: ${allow.join(', ')}` : 'Choose another model'
  const ownMay = dead.byokOff === undefined && ask.plan.privateModels
  return {
    code: 'model_refused',
    reason,
    fix: ownMay ? `${choose}; or ${lowerFirst(dead.mend.text)}, which may use it.` : `${choose}.`,
    facts: {
      ...facts,
      ...(ownMay ? { remedy: allow ? 'own_or_choices' : 'own_key' } : {}),
      ...(allow ? { choices: allow.join(', ') } : {}),
    },
  }
}

function missingKey(ask: Ask, { candidates, tried, byokOff, mend }: Dead): Refusal {
  const own = ask.skipped.find(({ source }) => source !== 'platform')?.reason
  const reason =
    [own, tried[0]?.reason].filter((part) => part !== undefined).join(' ') ||
    'No key of either kind can serve this request.'
  if (byokOff !== undefined && ask.plan.byok === 'never')
    return {
      code: 'missing_key',
      reason,
      fix: 'Ask the platform to set up its key for this provider.',
      facts: { remedy: 'platform_only' },
    }
  if (byokOff !== undefined)
    return {
      code: 'byok_disabled',
      reason,
      fix: 'Ask the platform’s administrator to enable own keys for the organization.',
      facts: { byok: byokOff },
    }
  const required = tried.some(({ code }) => code === 'required')
  return {
    code: 'missing_key',
    reason,
    fix: required
      ? `${mend.text}; the plan never uses the platform’s key here.`
      : `${mend.text}, or ask the platform to set up its own.`,
    facts: { ...mend.facts, [required ? 'required' : 'provider']: candidates[0]?.name ?? '' },
  }
}

/** What mends an own key that is there and not in play; where there is none, what is said of adding one. */
function mendOr({ mend }: Dead, add: string): string {
  return mend.facts === undefined ? add : mend.text
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
