import { afterAll, afterEach, beforeAll } from 'vitest'
import { createLedger, type LedgerOptions, type LiveLedger } from '../../src/metering/create-ledger.ts'
import type { EntryStart } from '../../src/metering/ledger.ts'
import type { Database } from '../../src/store/index.ts'
import { type DatabaseKind, type OpenTestDatabase, openTestDatabase } from './databases.ts'

/** A database for the tests of one `describe`, and ledgers on it that end with each test. */
export class LedgerStage {
  private opened: OpenTestDatabase | undefined
  private readonly ledgers: LiveLedger[] = []
  private count = 0
  private readonly kind: DatabaseKind

  constructor(kind: DatabaseKind) {
    this.kind = kind
    beforeAll(async () => {
      this.opened = await openTestDatabase(kind)
    })
    afterEach(async () => {
      for (const ledger of this.ledgers.splice(0)) await ledger.close()
    })
    afterAll(() => this.opened?.remove())
  }

  get database(): Database {
    return (this.opened as OpenTestDatabase).database
  }

  readonly start = (options: Partial<LedgerOptions> = {}): LiveLedger => {
    const ledger = createLedger({ database: this.database, ...options })
    this.ledgers.push(ledger)
    return ledger
  }

  readonly newOrg = async (balance = 0): Promise<string> => {
    const id = `org-${this.kind}-${++this.count}`
    await this.database.query(
      "insert into organizations (id, name, plan, balance) values ($1, 'Acme', 'standard', $2)",
      [id, balance],
    )
    return id
  }

  readonly attempt = (org: string, more: Partial<EntryStart> = {}): EntryStart => ({
    requestId: `req-${++this.count}`,
    attempt: 1,
    org,
    environment: 'production',
    provider: 'gemini',
    model: 'gemini-2.5-flash',
    surface: 'generate',
    source: 'platform',
    host: 'generativelanguage.googleapis.com',
    credits: 0,
    startedAt: Date.UTC(2026, 10, 20, 12, 30),
    ...more,
  })
}
