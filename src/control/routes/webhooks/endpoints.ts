import { webhookEndpointsSchema } from '../../../contract/index.ts'
import { countDeliveries } from '../../../store/index.ts'
import { endpointId } from '../../../webhooks/index.ts'
import { defineRoute } from '../../http/route.ts'

export const listWebhookEndpoints = defineRoute({
  name: 'webhooks.list',
  method: 'GET',
  path: '/api/v1/webhooks',
  tag: 'Webhooks',
  summary: 'The configured endpoints, with how many deliveries wait and how many are dead.',
  answer: webhookEndpointsSchema,
  async handle(_call, deps) {
    const counts = await countDeliveries(deps.database)
    const countOf = (endpoint: string, state: string) =>
      counts.find((each) => each.endpoint === endpoint && each.state === state)?.count ?? 0
    const items = deps.inForce().config.webhooks.map(({ url, events }) => {
      const id = endpointId(url)
      const { host } = new URL(url)
      return { id, host, events: [...events], pending: countOf(id, 'pending'), dead: countOf(id, 'dead') }
    })
    return { items }
  },
})
