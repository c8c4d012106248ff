import type { FastifyInstance } from 'fastify'
import { OwnkeyError, type OwnkeyErrorCode } from '../contract/index.ts'
import { authorizationOf } from '../control/index.ts'
import { isSecret, type Secret } from '../crypto/index.ts'

export interface OperationsOptions {
  /** One question to the database that also proves that the master key opens what it sealed. @throws when not */
  checkVault(): Promise<void>
  /** Whether the database takes writes, as far as reading and what was written of late can tell. */
  takesWrites(): Promise<boolean>
  adminToken: Secret
  version: string
  /** True from the first moment of a shutdown: load balancers stop sending. */
  isDraining(): boolean
  /** Prometheus's text format. */
  metrics(): Promise<string>
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/** A database that is slower than this is not ready. */
const readyWithinMs = 2000

/**
 * `/healthz`: the process answers. `/readyz`: it can serve, which takes a database that can be written and a vault that opens;
 * both are tried each time. `/metrics`: Prometheus, for the operator's token.
 */
export function registerOperations(app: FastifyInstance, options: OperationsOptions): void {
  app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok', version: options.version }))
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const checks = await checkInTime(options)
    const ready = checks.database === 'ok' && checks.vault === 'ok' && !options.isDraining()
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ready' : 'not_ready',
      checks: { ...checks, draining: options.isDraining() },
    })
  })
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    requireOperator(authorizationOf(request.raw), options.adminToken)
    return reply.type(metricsType).send(await options.metrics())
  })
}

interface Checks {
  /** `unwritable`: a standby, or one that was told to take no writes, has a full disk, and the like. */
  database: 'ok' | 'unreachable' | 'unwritable'
  /** `unknown` while the database cannot be asked; `restored`: it was put back to an older state. */
  vault: 'ok' | 'unreadable' | 'restored' | 'unknown'
}

async function checkInTime({ checkVault, takesWrites }: OperationsOptions): Promise<Checks> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Checks>((resolve) => {
    timer = setTimeout(() => resolve({ database: 'unreachable', vault: 'unknown' }), readyWithinMs)
  })
  const asked = Promise.all([takesWrites(), checkVault()]).then(
    ([writes]): Checks => ({ database: writes ? 'ok' : 'unwritable', vault: 'ok' }),
    whatFailed,
  )
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

const vaultStates: Partial<Record<OwnkeyErrorCode, Checks['vault']>> = {
  master_key_invalid: 'unreadable',
  database_restored: 'restored',
}

function whatFailed(error: unknown): Checks {
  const vault = error instanceof OwnkeyError ? vaultStates[error.code] : undefined
  return vault ? { database: 'ok', vault } : { database: 'unreachable', vault: 'unknown' }
}

function requireOperator(authorization: string | undefined, adminToken: Secret): void {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  if (token === undefined)
    throw new OwnkeyError('token_missing', { fix: 'Send the operator’s token as Authorization: Bearer.' })
  if (!isSecret(token, adminToken)) throw new OwnkeyError('token_invalid')
}
