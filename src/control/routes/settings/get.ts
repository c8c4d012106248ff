import { z } from 'zod'
import { settingsQuerySchema, settingsSchema } from '../../../contract/index.ts'
import { defineRoute } from '../../http/route.ts'
import { loadSettings } from '../../settings/load-settings.ts'

export const getSettings = defineRoute({
  name: 'settings.get',
  method: 'GET',
  path: '/api/v1/orgs/:org/settings',
  tag: 'AI settings',
  summary: 'All that the settings page shows, for this caller.',
  params: z.object({ org: z.string() }),
  query: settingsQuerySchema,
  answer: settingsSchema,
  handle: ({ params, query, caller }, deps) =>
    loadSettings({ org: params.org, environment: query.environment, user: query.user, caller }, deps),
})
