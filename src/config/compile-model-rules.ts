import { starPattern } from '../lib/index.ts'
import type { ProviderConfig } from './schema.ts'

export type ModelVerdict = { allowed: true } | { allowed: false; rule: 'allow' | 'refuse'; reason: string }

/** A provider's model rules, ready to be asked. */
export interface ModelRules {
  /** @param model as the caller wrote it: any case, with or without a path such as `models/`. */
  check(model: string): ModelVerdict
  /** True when any rule could refuse a model: only then does a request have to be searched for its model. */
  dependsOnModel: boolean
  allow: readonly string[] | undefined
  refuse: readonly { match: string; reason: string }[]
}

const allowed: ModelVerdict = { allowed: true }
/** Callers choose model names, so the number of remembered verdicts is bounded. */
const remembered = 1000

/**
 * Patterns are compared without regard to case and match the whole name. A model may carry a path (`models/x`,
 * `publishers/google/models/x`): a refusal looks at the name behind every slash, an allowance only at the whole
 * name and at what follows `models/`, so that a path can get nothing past either.
 */
export function compileModelRules(rules: Pick<ProviderConfig['models'], 'allow' | 'refuse'>): ModelRules {
  const allow = rules.allow?.map(inAnyCase)
  const refuse = rules.refuse.map(({ match, reason }) => ({ matches: inAnyCase(match), reason }))
  const dependsOnModel = allow !== undefined || refuse.length > 0

  const judge = (model: string): ModelVerdict => {
    const name = normalise(model)
    const tails = [name, ...tailsOf(name)]
    const refused = refuse.find(({ matches }) => tails.some(matches))
    if (refused) return { allowed: false, rule: 'refuse', reason: refused.reason }
    const plain = [name, bareModel(name)]
    if (!allow || allow.some((matches) => plain.some(matches))) return allowed
    return { allowed: false, rule: 'allow', reason: 'it is not one of the allowed models' }
  }
  const verdicts = new Map<string, ModelVerdict>()
  const check = (model: string): ModelVerdict => {
    if (!dependsOnModel) return allowed
    const known = verdicts.get(model)
    if (known) return known
    const verdict = judge(model)
    if (verdicts.size < remembered) verdicts.set(model, verdict)
    return verdict
  }
  return { check, dependsOnModel, allow: rules.allow, refuse: rules.refuse }
}

/** What follows the last `models/`, or the name itself. */
export function bareModel(model: string): string {
  const at = model.lastIndexOf('models/')
  return at === 0 || (at > 0 && model[at - 1] === '/') ? model.slice(at + 'models/'.length) : model
}

/** For names in lower case. */
function inAnyCase(pattern: string): (name: string) => boolean {
  return starPattern(pattern.toLowerCase())
}

function normalise(model: string): string {
  const trimmed = model.trim().toLowerCase()
  if (!trimmed.includes('%')) return trimmed
  try {
    return decodeURIComponent(trimmed).trim().toLowerCase()
  } catch {
    return trimmed
  }
}

function tailsOf(name: string): string[] {
  const parts = name.split('/')
  return parts.slice(1).map((_, index) => parts.slice(index + 1).join('/'))
}
