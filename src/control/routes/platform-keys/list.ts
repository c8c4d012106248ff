import { type PlatformKey, platformKeysSchema } from '../../../contract/index.ts'
import { dayMs } from '../../../lib/index.ts'
import { defineRoute } from '../../http/route.ts'
import { platformKeyHealth } from '../../queries/entries.ts'

export const listPlatformKeys = defineRoute({
  name: 'platform-keys.list',
  method: 'GET',
  path: '/api/v1/platform-keys',
  tag: 'Operator',
  summary: 'The platform’s own keys by provider: whether there is one, and how it did in the last 24 hours.',
  answer: platformKeysSchema,
  async handle(_call, deps) {
    const { policy, config } = deps.inForce()
    const health = await platformKeyHealth(deps.database, new Date(deps.clock.now() - dayMs))
    const byProvider = new Map(health.map((row) => [row.provider, row]))
    const providers = [...policy.providers.values()].filter(({ id }) => config.providers[id] || byProvider.has(id))
    const items = providers.map((provider): PlatformKey => {
      const row = byProvider.get(provider.id)
      return {
        provider: provider.publicId,
        name: provider.name,
        configured: provider.hasPlatformKey,
        host: provider.routes[0]?.host ?? null,
        requests: row?.requests ?? 0,
        failed: row?.failed ?? 0,
        fallbacks: row?.fallbacks ?? 0,
        lastErrorClass: row?.last_error ?? null,
        lastUsedAt: row?.last_used.toISOString() ?? null,
      }
    })
    return { items }
  },
})
