/** Gateway tokens: what the product's servers and the customers' own tools call the gateway with. */
import { createToken } from './create.ts'
import { getTokenRoute } from './get.ts'
import { listTokensRoute } from './list.ts'
import { revokeTokenRoute } from './revoke.ts'

export const tokenRoutes = [createToken, listTokensRoute, getTokenRoute, revokeTokenRoute]
