/** Organizations: the platform's customers, kept in step by the platform. */

import { deleteOrg } from './delete.ts'
import { exportOrg } from './export.ts'
import { getOrg } from './get.ts'
import { grantCreditsRoute } from './grant-credits.ts'
import { listOrgs } from './list.ts'
import { putOrg } from './put.ts'

export const orgRoutes = [listOrgs, putOrg, getOrg, deleteOrg, exportOrg, grantCreditsRoute]
