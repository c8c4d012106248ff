/**
 * Opens entries on the database of the first argument with the spool in the second until it is killed, prints each id
 * once it may be sent, and settles every other one.
 */
import { createLedger } from '../../../src/metering/index.ts'
import { openDatabase } from '../../../src/store/index.ts'

const [url = '', spoolDir = '', org = ''] = process.argv.slice(2)
const database = await openDatabase({ url, dataDir: spoolDir })
const ledger = createLedger({ database, spoolDir })
for (let n = 0; ; n++) {
  const entry = await ledger.reserve(
    {
      requestId: `req-${n}`,
      attempt: 1,
      org,
      environment: 'production',
      provider: 'openai',
      surface: 'chat',
      source: 'platform',
      host: 'api.openai.com',
      credits: 1,
      startedAt: Date.now(),
    },
    { balance: 1_000_000 },
  )
  // As the gateway does before it sends: from here on the entry must survive.
  ledger.beforeSending(() => process.stdout.write(`${entry.id}\n`))
  if (n % 2 === 0) entry.settle({ status: 200, durationMs: 1, charged: true, usage: { inputTokens: 3 } })
  if (n % 10 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
}
