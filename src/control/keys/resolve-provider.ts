import { OwnkeyError } from '../../contract/index.ts'
import { closestName } from '../../lib/index.ts'
import { type PolicyPlan, type PolicyProvider, resolveProvider } from '../../policy/index.ts'
import type { InForce } from '../deps.ts'

/**
 * The provider by its id, alias or public id, in any case, if the plan has it.
 * @throws OwnkeyError `provider_unknown`, `provider_not_allowed`
 */
export function resolveProviderNamed(
  name: string,
  { inForce, plan }: { inForce: InForce; plan: PolicyPlan },
): PolicyProvider {
  const provider = findNamed(name, inForce)
  if (provider.comingSoon) {
    throw new OwnkeyError('provider_not_allowed', {
      detail: `${provider.name} is announced, but cannot be used yet.`,
      fix: 'Use one of the other providers in GET settings.',
      facts: { announced: provider.name },
    })
  }
  if (plan.policies.get(provider.id) !== 'unavailable') return provider
  const choices = plan.available.map(({ publicId }) => publicId).join(', ')
  throw new OwnkeyError('provider_not_allowed', {
    detail: `Your plan does not have ${provider.name}.`,
    fix: `Use one of these: ${choices}.`,
    facts: { provider: provider.name, choices },
  })
}

/** @throws OwnkeyError `provider_unknown` */
export function findNamed(name: string, { policy }: Pick<InForce, 'policy'>): PolicyProvider {
  const id = resolveProvider(policy, name)
  const provider = id === undefined ? undefined : policy.providers.get(id)
  if (provider) return provider
  const meant = /^[a-z_-]{1,24}$/i.test(name) ? closestName(name, [...policy.names.keys()]) : undefined
  throw new OwnkeyError('provider_unknown', meant ? { fix: `Did you mean "${meant}"?`, facts: { meant } } : {})
}
