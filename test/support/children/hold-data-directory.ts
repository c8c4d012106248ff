/** Opens the embedded database in the first argument, says so, and writes numbers until it is killed. */
import { migrate, openDatabase } from '../../../src/store/index.ts'

const [dataDir = '', mode = 'write'] = process.argv.slice(2)
const database = await openDatabase({ dataDir })
await migrate(database)
await database.query('create table if not exists numbers (n integer primary key)')
process.stdout.write('open\n')
if (mode === 'write') {
  const [row] = await database.query<{ next: number }>('select coalesce(max(n), 0) + 1 as next from numbers')
  for (let n = row?.next ?? 1; ; n++) {
    await database.transaction((tx) => tx.query('insert into numbers values ($1)', [n]))
    // Acknowledged: what is printed must be there after a kill.
    process.stdout.write(`${n}\n`)
  }
}
setInterval(() => {}, 1_000)
