import { OwnkeyError } from '../contract/index.ts'
import { type Environment, type OpenVault, openVault } from '../server/index.ts'
import { askLong } from './ask-api.ts'

interface VaultTask<Report> {
  environment: Environment
  /** False for work that changes nothing. */
  migrate: boolean
  evenRestored?: boolean
  /** The work on a database that this process opens. */
  here(vault: OpenVault): Promise<Report>
  /** The same work as a route of the server that holds the database. */
  there: { path: string; body: object }
}

/**
 * Works on the database itself; or, where a running server holds the embedded one, which belongs to one process, has that
 * server do it. A command and its route answer with the same report.
 * @throws OwnkeyError
 */
export async function onVault<Report>({
  environment,
  migrate,
  evenRestored,
  here,
  there,
}: VaultTask<Report>): Promise<Report> {
  let vault: OpenVault
  try {
    vault = await openVault(environment, { migrate, existing: true, evenRestored })
  } catch (error) {
    const holder = error instanceof OwnkeyError ? error.facts?.['heldBy'] : undefined
    if (holder === undefined) throw error
    const asked = await askLong({ environment, path: there.path, body: { ...there.body, process: holder } })
    if (asked) return asked.value as Report
    throw new OwnkeyError('unavailable', {
      detail: (error as OwnkeyError).message,
      fix: 'Set HOST and PORT to those of that server, so that this command can ask it, or stop that server first.',
    })
  }
  try {
    return await here(vault)
  } finally {
    await vault.close()
  }
}
