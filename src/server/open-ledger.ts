import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createLedger, type LedgerTrouble, type LiveLedger } from '../metering/index.ts'
import { type Database, makeFolder } from '../store/index.ts'
import type { Environment } from './environment.ts'
import type { LiveConfig } from './live-config.ts'
import type { Log } from './log.ts'

export interface OpenLedgerOptions {
  database: Database
  live: LiveConfig
  environment: Environment
  log: Log
}

/** How often the ledger had trouble, in entries or settlements, since the start. */
export interface LedgerTroubles {
  lost: number
  setAside: number
  overdrawn: number
  retries: number
}

export function openLedger({ database, live, environment, log }: OpenLedgerOptions): {
  ledger: LiveLedger
  troubles: Readonly<LedgerTroubles>
} {
  const troubles: LedgerTroubles = { lost: 0, setAside: 0, overdrawn: 0, retries: 0 }
  const ledger = createLedger({
    database,
    spoolDir: makeSpool(environment, log),
    price: (sale) => live.current().price(sale),
    onTrouble(trouble) {
      if (trouble.kind === 'lost') troubles.lost += trouble.entries
      else if (trouble.kind === 'set_aside') troubles.setAside += trouble.entries
      else if (trouble.kind === 'overdrawn') troubles.overdrawn++
      else if (trouble.kind === 'retrying') troubles.retries++
      logTrouble(log, trouble)
    },
  })
  return { ledger, troubles }
}

/** Where entries wait for the database through a kill −9. A server without a writable folder works without one. */
function makeSpool({ dataDir }: Environment, log: Log): string | undefined {
  const folder = join(dataDir, 'spool')
  try {
    makeFolder(folder)
    tryWriting(folder)
    return folder
  } catch (error) {
    log.warn('no_spool', { file: folder, error })
    return undefined
  }
}

function tryWriting(folder: string): void {
  const file = join(folder, `${process.pid}.probe`)
  closeSync(openSync(file, 'w', 0o600))
  rmSync(file)
}

const mustBeSeen: ReadonlySet<LedgerTrouble['kind']> = new Set(['lost', 'set_aside'])

function logTrouble(log: Log, trouble: LedgerTrouble): void {
  if (trouble.kind === 'overdrawn') log.error('ledger_overdrawn', { org: trouble.org, count: trouble.credits })
  else
    log[mustBeSeen.has(trouble.kind) ? 'error' : 'warn'](`ledger_${trouble.kind}`, {
      count: trouble.entries,
      error: trouble.error,
    })
}
