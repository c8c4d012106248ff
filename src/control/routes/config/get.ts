import { configInForceSchema } from '../../../contract/index.ts'
import { Secret } from '../../../crypto/index.ts'
import { defineRoute } from '../../http/route.ts'

export const getConfig = defineRoute({
  name: 'config.get',
  method: 'GET',
  path: '/api/v1/config',
  tag: 'Operator',
  summary: 'The configuration in force, defaults filled in, secrets masked, with what should be looked at.',
  answer: configInForceSchema,
  async handle(_call, deps) {
    const { config, warnings, warned } = deps.inForce()
    return {
      config: masked(config) as Record<string, unknown>,
      warnings: [...warnings],
      warned,
      version: deps.version,
      sandbox: deps.sandbox,
    }
  },
})

/** Secrets become a word; everything else is copied as it is. */
function masked(value: unknown): unknown {
  if (value instanceof Secret) return '[secret]'
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner)]))
}
