import type { Secret } from '../crypto/index.ts'
import type { Environment } from './environment.ts'
import { generatedSecret } from './generated-secret.ts'

/** The operator's token: the one of the environment, else the one that is kept in the data folder, made when it is not there. */
export function adminTokenOf({ adminToken, dataDir }: Environment): Secret {
  return adminToken ?? generatedSecret(dataDir, 'admin-token').secret
}
