import { keySlotQuerySchema, putKeySchema, savedKeySchema } from '../../../contract/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { resolveSlot } from '../../keys/resolve-slot.ts'
import { saveKey } from '../../keys/save-key.ts'
import { keyParams, keysPath } from './path.ts'

export const putKeyRoute = defineRoute({
  name: 'keys.put',
  method: 'PUT',
  path: keysPath,
  tag: 'Keys',
  summary:
    'Save or replace a key. Where the plan says so it is tested first, and a key that the provider refuses is not stored.',
  params: keyParams,
  query: keySlotQuerySchema,
  body: putKeySchema,
  answer: savedKeySchema,
  async handle(call, deps) {
    const slot = await resolveSlot(call, deps, 'save')
    return saveKey({ slot, body: call.body, by: actorOf(call) }, deps)
  },
})
