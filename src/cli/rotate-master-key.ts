import { systemClock } from '../lib/index.ts'
import { hasMasterKey, keyringOf, readEnvironment } from '../server/index.ts'
import { type RotationReport, rotateMasterKey } from '../vault/index.ts'
import { onVault } from './on-vault.ts'
import type { CommandEntry } from './run.ts'

export const rotateMasterKeyCommand: CommandEntry = {
  name: 'master-key rotate',
  summary: 'encrypt every stored key under the active master key',
  description:
    'Put the new master key before the old one (BYOK_ENCRYPTION_KEY=new:…,old:…), restart all servers, then run this. Servers keep running, and every key stays readable. If it is interrupted, run it again: it does the rest. With the embedded database the running server does the work, with its own master keys. Afterwards the old master key can be removed.',
  options: [],
  async run() {
    const environment = readEnvironment()
    // Asked before anything is opened: opening makes one where there is none.
    const activeKey = hasMasterKey(environment) ? keyringOf(environment).active.id : undefined
    const report = await onVault<RotationReport>({
      environment,
      migrate: true,
      here: ({ database, keyring }) => rotateMasterKey({ database, keyring, clock: systemClock, by }),
      there: { path: '/api/v1/master-key/rotate', body: { ...(activeKey !== undefined && { activeKey }) } },
    })
    const done = Object.keys(report.unreadable).length === 0
    return { exitCode: done ? 0 : 1, json: report, lines: describe(report) }
  },
}

/** Whoever may run commands on the server's own machine is its operator. */
const by = { actor: { kind: 'operator', id: 'operator' } }

function describe({ activeKey, rewrapped, unreadable }: RotationReport): string[] {
  const left = Object.entries(unreadable)
  const done = `Under master key "${activeKey}": ${rewrapped} ${rewrapped === 1 ? 'key was' : 'keys were'} encrypted anew.`
  if (left.length === 0) return [done, 'No stored key needs another master key any more.']
  return [
    done,
    ...left.map(
      ([id, count]) => `Not readable, under master key "${id}": ${count}. Add that master key and run this again.`,
    ),
  ]
}
