/**
 * Rotates the master key and says when a transaction is about to be committed and when it was.
 * Arguments: url (empty: embedded), data directory, keyring.
 */
import { writeSync } from 'node:fs'
import { parseKeyring } from '../../../src/crypto/index.ts'
import { systemClock } from '../../../src/lib/index.ts'
import { type Database, openDatabase } from '../../../src/store/index.ts'
import { rotateMasterKey } from '../../../src/vault/index.ts'

const [url = '', dataDir = '', keys = ''] = process.argv.slice(2)
const database = await openDatabase({ url, dataDir })
// Written at once, not when the event loop comes to it: the reader kills on the line.
const say = (line: string) => writeSync(1, `${line}\n`)
const telling: Database = {
  ...database,
  async transaction(work) {
    const result = await database.transaction(async (tx) => {
      const answer = await work(tx)
      say('about to commit')
      return answer
    })
    say('committed')
    return result
  },
}
const report = await rotateMasterKey({
  database: telling,
  keyring: parseKeyring(keys),
  clock: systemClock,
  batchSize: 20,
})
say(JSON.stringify(report))
await database.close()
