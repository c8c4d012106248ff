import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { type KeyCheck, keyTestSchema, OwnkeyError } from '../../../contract/index.ts'
import { actorOf } from '../../actor.ts'
import type { InForce } from '../../deps.ts'
import { defineRoute } from '../../http/route.ts'
import { findNamed } from '../../keys/resolve-provider.ts'
import { canServe } from '../../settings/show-provider.ts'
import { limitTests, testKey } from '../../test-key/index.ts'

export const testPlatformKey = defineRoute({
  name: 'platform-keys.test',
  method: 'POST',
  path: '/api/v1/platform-keys/:provider/test',
  tag: 'Operator',
  summary: 'Test the platform’s own key of a provider, on the host that it serves on.',
  params: z.object({ provider: z.string().max(64) }),
  answer: keyTestSchema,
  tellsProgress: true,
  async handle(call, deps) {
    const inForce = deps.inForce()
    const provider = findNamed(call.params.provider, inForce)
    const [route] = provider.routes
    const secret = inForce.config.providers[provider.id]?.platformKey
    const entry = inForce.providers.find(({ id }) => id === provider.id)
    if (!secret || !route || !entry)
      throw new OwnkeyError('key_unknown', {
        detail: `The configuration has no platform key for ${provider.name}.`,
        fix: `Set providers.${provider.id}.platformKey in the configuration.`,
        facts: { platformKey: provider.name, setting: `providers.${provider.id}.platformKey` },
      })
    const by = actorOf(call)
    await limitTests(deps.database, { org: '', user: by.actor.id, now: deps.clock.now() })
    const test = await testKey(
      {
        provider: { ...entry, name: provider.name },
        others: inForce.providers,
        secret,
        origin: route.origin,
        basePath: route.basePath,
        customHost: false,
        model: provider.defaultModel,
        saved: true,
        capabilities: neededOf(provider.id, inForce),
      },
      { send: deps.send, monotonic: deps.clock.monotonic, onCheck: (check: KeyCheck) => call.tell({ check }) },
    )
    const detail = { provider: provider.id, status: test.status }
    await deps.database.transaction((tx) =>
      appendAudit(tx, deps, { org: '', ...by, action: 'platform_key.test', target: provider.id, detail }),
    )
    return test
  },
})

/** What the product's features would use the platform's key for; without features, what the provider is for. */
function neededOf(id: string, { policy, providers }: InForce) {
  const provider = policy.providers.get(id)
  const able = providers.find((entry) => entry.id === id)?.capabilities ?? []
  if (!provider || policy.features.size === 0) return able.slice(0, 1)
  const needed = [...policy.features.values()].filter((feature) => canServe(feature, provider))
  return [...new Set(needed.map(({ capability }) => capability))].filter((capability) => able.includes(capability))
}
