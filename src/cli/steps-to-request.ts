import type { Config, Plan } from '../config/index.ts'
import { findProvider } from '../providers/index.ts'

const org = 'first-steps'
/** Tried where a plan names no provider itself. */
const wellKnown = ['openai', 'gemini', 'anthropic', 'mistral']

interface Choice {
  plan: string
  feature: string
  provider: string
}

/** A plan on which an organization's own key serves a chat, and what it serves; undefined: the configuration has none. */
function choose({ plans, features }: Config): Choice | undefined {
  for (const [plan, policy] of Object.entries(plans)) {
    if (policy.byok === 'never' || policy.holder !== 'organization') continue
    for (const [feature, { capability, addOn, providers }] of Object.entries(features)) {
      if (capability !== 'chat' || addOn !== undefined || policy.features?.includes(feature) === false) continue
      const provider = chatProviders(policy).find((id) => providers?.includes(id) !== false)
      if (provider !== undefined) return { plan, feature, provider }
    }
  }
  return undefined
}

function chatProviders({ providers }: Plan): string[] {
  const named = Object.keys(providers)
  const known = [...named, ...wellKnown].filter(
    (id) => (providers[id] ?? providers['*'] ?? 'optional') !== 'unavailable',
  )
  return known.filter((id) => {
    const provider = findProvider(id)
    return provider?.origin !== undefined && provider.defaultModels.chat !== undefined
  })
}

/**
 * The commands that lead to a first request with the plans and features of a configuration, to be pasted: nothing is made where
 * organizations are real before somebody asks for it. Empty where no plan lets an organization's key serve a chat.
 * @param adminToken how a shell gets the operator's token, as a word: `$(cat …)`, `$OWNKEY_ADMIN_TOKEN`
 */
export function stepsToRequest(config: Config, { url, adminToken }: { url: string; adminToken: string }): string[] {
  const choice = choose(config)
  if (choice === undefined) return []
  const { plan, feature, provider } = choice
  const json = (value: object) => `'${JSON.stringify(value).replaceAll("'", "'\\''")}'`
  const lines = [
    `api() { curl -sS --fail-with-body -X "$1" "${url}/api/v1$2" -H "Authorization: Bearer ${adminToken}" -H 'Content-Type: application/json' -d "$3"; }`,
    `api PUT /orgs/${org} ${json({ name: 'First steps', plan, byokEnabled: true })}`,
    `api PUT /orgs/${org}/keys/${provider} ${json({ key: 'sandbox-ok-first-steps' })}`,
    `api POST /orgs/${org}/credits ${json({ amount: 1000, reason: 'first steps', idempotencyKey: org })}`,
    `OWNKEY_TOKEN=$(api POST /tokens ${json({ kind: 'access', org, feature })} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
    `curl ${url}/v1/chat/completions -H "Authorization: Bearer $OWNKEY_TOKEN" -H 'Content-Type: application/json' -d ${json({ messages: [{ role: 'user', content: 'Hello' }] })}`,
  ]
  return [
    `A first request, answered by the sandbox. This makes an organization on the plan "${plan}", with a key and a token:`,
    '',
    ...lines.map((line) => `  ${line}`),
  ]
}
