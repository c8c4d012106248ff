/** Own keys: save, change, test, disable, restore, revoke, remove. */
import { deleteKeyRoute, revokeKeyRoute } from './delete.ts'
import { patchKeyRoute } from './patch.ts'
import { putKeyRoute } from './put.ts'
import { restoreKeyRoute } from './restore.ts'
import { disableKeyRoute, enableKeyRoute } from './set-state.ts'
import { testKeyRoute } from './test-key.ts'

export const keyRoutes = [
  putKeyRoute,
  patchKeyRoute,
  deleteKeyRoute,
  revokeKeyRoute,
  restoreKeyRoute,
  testKeyRoute,
  enableKeyRoute,
  disableKeyRoute,
]
