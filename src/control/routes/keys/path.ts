import { z } from 'zod'

export const keysPath = '/api/v1/orgs/:org/keys/:provider'

/** The provider by id, alias or the id that the platform shows. */
export const keyParams = z.object({ org: z.string(), provider: z.string().max(64) })
