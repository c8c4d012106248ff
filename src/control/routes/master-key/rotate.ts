import { OwnkeyError, rotateMasterKeyRequestSchema, rotationReportSchema } from '../../../contract/index.ts'
import { rotateMasterKey } from '../../../vault/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { vaultDeps } from '../../keys/vault-deps.ts'
import { requireProcess } from '../../require-process.ts'

export const rotateMasterKeyRoute = defineRoute({
  name: 'master-key.rotate',
  method: 'POST',
  path: '/api/v1/master-key/rotate',
  tag: 'Operator',
  summary: 'Encrypt every stored key under this server’s active master key. Every key stays readable all the time.',
  body: rotateMasterKeyRequestSchema,
  answer: rotationReportSchema,
  tellsProgress: true,
  async handle(call, deps) {
    const { process, activeKey } = call.body
    requireProcess(process)
    const own = deps.keyring.active.id
    if (activeKey !== undefined && activeKey !== own) {
      throw new OwnkeyError('server_differs', {
        detail: `The server encrypts with the master key "${own}", and the one that is asked for is "${activeKey}".`,
        fix: 'Restart the server with the new master key first (BYOK_ENCRYPTION_KEY=new:…,old:…), then rotate; or give the command the BYOK_ENCRYPTION_KEY of the server.',
        facts: { activeKey: own },
      })
    }
    const onBatch = (rewrapped: number) => call.tell({ rewrapped })
    return rotateMasterKey({ ...vaultDeps(deps), by: actorOf(call), onBatch })
  },
})
