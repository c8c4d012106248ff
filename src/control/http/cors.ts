import type { FastifyInstance } from 'fastify'

const allowedHeaders = 'authorization, content-type, accept'
const exposedHeaders = 'retry-after, ownkey-next-cursor'
const allowedMethods = 'GET, PUT, POST, PATCH, DELETE'

/**
 * Lets the pages of the configured origins call the API from a browser, which the widget in a customer's product does.
 * Only a token opens anything; cookies are never asked for, so there is nothing that another site could ride on.
 * @param origins exact origins, asked for every request because the configuration is reloaded
 */
export function allowOrigins(app: FastifyInstance, origins: () => readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (origin === undefined || !origins().includes(origin)) return
    reply
      .header('access-control-allow-origin', origin)
      .header('vary', 'origin')
      .header('access-control-expose-headers', exposedHeaders)
  })
  app.options('/api/v1/*', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('access-control-allow-methods', allowedMethods)
      .header('access-control-allow-headers', allowedHeaders)
      .header('access-control-max-age', '600')
      .code(204)
      .send(),
  )
}
