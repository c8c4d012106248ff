import { type AddressInfo, createServer, type Server } from 'node:net'

/** A listener on a port of its own, for tests that need a taken one. */
export function takePort(): Promise<{ port: number; server: Server }> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, server }))
  })
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { port, server } = await takePort()
  await new Promise((resolve) => server.close(resolve))
  return port
}
