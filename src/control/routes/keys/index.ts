/** Own keys: save, change, test, disable, remove. */
import { deleteKeyRoute } from './delete.ts'
import { patchKeyRoute } from './patch.ts'
import { putKeyRoute } from './put.ts'
import { disableKeyRoute, enableKeyRoute } from './set-state.ts'
import { testKeyRoute } from './test-key.ts'

export const keyRoutes = [putKeyRoute, patchKeyRoute, deleteKeyRoute, testKeyRoute, enableKeyRoute, disableKeyRoute]
