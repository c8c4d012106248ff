import { systemClock } from '../lib/index.ts'
import { openVault, readEnvironment } from '../server/index.ts'
import { type RotationReport, rotateMasterKey } from '../vault/index.ts'
import type { CommandEntry } from './run.ts'

export const rotateMasterKeyCommand: CommandEntry = {
  name: 'master-key rotate',
  summary: 'encrypt every stored key under the active master key',
  description:
    'Put the new master key before the old one (BYOK_ENCRYPTION_KEY=new:…,old:…), restart all servers, then run this. Servers keep running; every key stays readable; killed anywhere, it goes on when run again. Afterwards the old master key can be taken away.',
  options: [],
  async run() {
    const { database, keyring, close } = await openVault(readEnvironment(), { migrate: true })
    try {
      const report = await rotateMasterKey({ database, keyring, clock: systemClock })
      const done = Object.keys(report.unreadable).length === 0
      return { exitCode: done ? 0 : 1, json: report, lines: describe(report) }
    } finally {
      await close()
    }
  },
}

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
