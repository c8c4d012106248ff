import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Secret } from '../crypto/index.ts'
import type { Environment } from './environment.ts'
import { generatedSecret } from './generated-secret.ts'

const tokenFile = 'admin-token'

/** The operator's token: the one of the environment, else the one that is kept in the data folder, made when it is not there. */
export function adminTokenOf({ adminToken, dataDir }: Environment): Secret {
  return adminToken ?? generatedSecret(dataDir, tokenFile).secret
}

/** The same for those who only ask: none is made. */
export function knownAdminToken(environment: Environment): Secret | undefined {
  const isKnown = environment.adminToken !== undefined || existsSync(join(environment.dataDir, tokenFile))
  return isKnown ? adminTokenOf(environment) : undefined
}
