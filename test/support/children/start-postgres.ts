/** Starts a PostgreSQL as the test runner does, and waits to be killed. Prints the server's process id and its URL. */
import { startPostgres } from '../postgres-server.ts'

const server = await startPostgres()
process.stdout.write(`${server.pid} ${server.url}\n`)
setInterval(() => {}, 1_000)
