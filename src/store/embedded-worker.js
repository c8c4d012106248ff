/**
 * The embedded database in a thread of its own, so that its work does not stop the event loop. Plain JavaScript because
 * a worker is loaded by Node itself, from the sources in tests as from the build.
 *
 * In:  Uint8Array with whole protocol messages → out: { bytes } (the answer) or { failure } (the database is broken).
 * In:  'close' → the database is closed and the thread ends.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'

/** @type {import('node:worker_threads').MessagePort} */
const port = /** @type {any} */ (parentPort)
/** @type {{ directory: string }} */
const { directory } = workerData

/** @param {string} dataDir */
const open = (dataDir) => PGlite.create({ dataDir, extensions: { pgcrypto } })

/**
 * A new database is made beside its place and moved there when complete: what stands in `directory` was complete once,
 * and a start that was cut off leaves nothing that looks like a database.
 */
async function openOrCreate() {
  if (!existsSync(directory) || readdirSync(directory).length === 0) {
    const unfinished = `${directory}.unfinished`
    rmSync(unfinished, { recursive: true, force: true })
    await (await open(unfinished)).close()
    renameSync(unfinished, directory)
  }
  // PGlite would make a new database among whatever files are there.
  if (!existsSync(join(directory, 'PG_VERSION'))) throw new Error('there is no database in it')
  return await open(directory)
}

/** @param {unknown} error */
const failure = (error) => ({ failure: error instanceof Error ? error.message : String(error) })

async function serve() {
  const database = await openOrCreate()
  /** One message after the other: the database is one session. */
  let work = Promise.resolve()
  port.on('message', (message) => {
    work = work.then(async () => {
      if (message === 'close') {
        await database.close()
        port.close()
        return
      }
      // NodeFS writes through at once, so there is nothing left to synchronise after a statement.
      const bytes = await database.execProtocolRaw(message, { syncToFs: false })
      port.postMessage({ bytes })
    })
    work.catch((error) => port.postMessage(failure(error)))
  })
  port.postMessage({ ready: true })
}

serve().catch((error) => {
  port.postMessage(failure(error))
  port.close()
})
