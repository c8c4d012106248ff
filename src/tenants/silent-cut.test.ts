import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { openDatabase, touchOrganization } from '../store/index.ts'
import { createTenants } from './create-tenants.ts'

/** A line to PostgreSQL that can be silenced for what listens: bytes vanish and nobody is told. */
async function openLine(port: number) {
  const silenced = new Set<Socket>()
  const listening = new Set<Socket>()
  const server: Server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.on('data', (bytes) => {
      if (bytes.includes('listen "ownkey_changes"')) listening.add(far)
      if (!silenced.has(far)) far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (!silenced.has(far)) near.write(bytes)
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    silenceListeners() {
      for (const socket of listening) silenced.add(socket)
      return listening.size
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

let opened: OpenTestDatabase
beforeAll(async () => {
  opened = await openTestDatabase('postgres')
})
afterAll(() => opened.remove())

test('a change, and then the deletion, is seen within five seconds when the listening connection was silently cut', async () => {
  const url = new URL(opened.url as string)
  const line = await openLine(Number(url.port))
  url.hostname = '127.0.0.1'
  url.port = String(line.port)
  const database = await openDatabase({ url: url.href, dataDir: opened.dataDir })
  const tenants = createTenants({ database })
  try {
    await tenants.listening
    await opened.database.query("insert into organizations (id, name, plan) values ('acme', 'Acme', 'standard')")
    expect(await tenants.get('acme')).toMatchObject({ plan: 'standard' })
    expect(line.silenceListeners()).toBe(1)
    const change = () =>
      opened.database.transaction(async (tx) => {
        await tx.query("update organizations set plan = 'gold' where id = 'acme'")
        await touchOrganization(tx, 'acme')
      })
    await change()
    const changedAt = performance.now()
    // The promise is about time, so time is what is measured: from here on nothing old may be given out.
    await expect.poll(() => tenants.get('acme'), { timeout: 5_000, interval: 50 }).toMatchObject({ plan: 'gold' })
    expect(performance.now() - changedAt).toBeLessThan(5_000)
    await opened.database.query("delete from organizations where id = 'acme'")
    const deletedAt = performance.now()
    await expect.poll(() => tenants.get('acme'), { timeout: 5_000, interval: 50 }).toBeUndefined()
    expect(performance.now() - deletedAt).toBeLessThan(5_000)
  } finally {
    await tenants.close()
    await database.close()
    await line.close()
  }
})
