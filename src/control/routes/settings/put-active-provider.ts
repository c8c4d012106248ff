import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { activeProviderSchema, OwnkeyError, settingsSchema } from '../../../contract/index.ts'
import type { PolicyPlan } from '../../../policy/index.ts'
import { touchOrganization } from '../../../store/index.ts'
import { actorOf } from '../../actor.ts'
import type { Caller } from '../../http/caller.ts'
import { defineRoute } from '../../http/route.ts'
import { resolveProviderNamed } from '../../keys/resolve-provider.ts'
import { requireUser } from '../../keys/resolve-slot.ts'
import { setActiveProvider } from '../../queries/orgs.ts'
import { holdOrg, requireOrg } from '../../require-org.ts'
import { requirePlan } from '../../require-plan.ts'
import { platformServes } from '../../settings/active-provider.ts'
import { loadSettings, userOf } from '../../settings/load-settings.ts'

export const putActiveProvider = defineRoute({
  name: 'settings.active-provider',
  method: 'PUT',
  path: '/api/v1/orgs/:org/settings/active-provider',
  tag: 'AI settings',
  summary:
    'Choose the one provider that serves all, or null for the platform’s AI: for the organization, or, where keys belong to users, for oneself. Saved keys stay.',
  params: z.object({ org: z.string() }),
  body: activeProviderSchema,
  answer: settingsSchema,
  async handle(call, deps) {
    const { org } = call.params
    const inForce = deps.inForce()
    const plan = requirePlan(await requireOrg(deps, org), inForce)
    if (plan.choice !== 'single') {
      throw new OwnkeyError('choice_fixed', {
        detail: 'In this plan each provider serves for itself; there is no active one to choose.',
        fix: 'Save or remove the key of each provider.',
        facts: { fixed: 'no_active_provider' },
      })
    }
    const provider =
      call.body.provider === null ? platformServes : resolveProviderNamed(call.body.provider, { inForce, plan }).id
    const user = whoseChoice(call, plan)
    await deps.database.transaction(async (tx) => {
      await holdOrg(tx, org, 'for no key update')
      await setActiveProvider(tx, { org, user }, provider)
      await touchOrganization(tx, org)
      await appendAudit(tx, deps, {
        org,
        ...actorOf(call),
        action: 'provider.activate',
        target: provider === platformServes ? 'platform' : provider,
        detail: user === '' ? {} : { user },
      })
    })
    deps.tenants.forget(org)
    return loadSettings(
      { org, environment: undefined, user: user === '' ? undefined : user, caller: call.caller },
      deps,
    )
  },
})

/** The user whose keys it is about; empty: the organization's. */
function whoseChoice(
  { body, caller }: { body: z.output<typeof activeProviderSchema>; caller: Caller },
  { holder }: PolicyPlan,
): string {
  const user = userOf(caller, body.user)
  return holder === 'user' ? requireUser(user, 'body.user') : ''
}
