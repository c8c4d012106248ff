/** Every route of the control API, one file each, by resource. Who may call which stands in `http/access.ts`. */
import type { AnyRoute } from '../http/route.ts'
import { listAuditRoute, listPlatformAudit } from './audit/list.ts'
import { searchAuditRoute } from './audit/search.ts'
import { verifyAuditRoute } from './audit/verify.ts'
import { getConfig } from './config/get.ts'
import { deletionRoutes } from './deletions/index.ts'
import { explain } from './explain/post.ts'
import { getHealth } from './health/get.ts'
import { keyRoutes } from './keys/index.ts'
import { rotateMasterKeyRoute } from './master-key/rotate.ts'
import { listNoticesRoute } from './notices/list.ts'
import { orgRoutes } from './orgs/index.ts'
import { listPlatformKeys } from './platform-keys/list.ts'
import { testPlatformKey } from './platform-keys/test-platform-key.ts'
import { listRequests } from './requests/list.ts'
import { listAllRequests } from './requests/list-all.ts'
import { sessionRoutes } from './sessions/index.ts'
import { getSettings } from './settings/get.ts'
import { putActiveProvider } from './settings/put-active-provider.ts'
import { tokenRoutes } from './tokens/index.ts'
import { tryOut } from './try-out/post.ts'
import { getUsage } from './usage/get.ts'
import { webhookRoutes } from './webhooks/index.ts'

export const routes: readonly AnyRoute[] = [
  ...sessionRoutes,
  ...orgRoutes,
  ...tokenRoutes,
  getConfig,
  listPlatformKeys,
  testPlatformKey,
  getHealth,
  listAllRequests,
  searchAuditRoute,
  verifyAuditRoute,
  rotateMasterKeyRoute,
  getSettings,
  putActiveProvider,
  ...keyRoutes,
  explain,
  tryOut,
  getUsage,
  listRequests,
  listNoticesRoute,
  listAuditRoute,
  listPlatformAudit,
  ...deletionRoutes,
  ...webhookRoutes,
]
