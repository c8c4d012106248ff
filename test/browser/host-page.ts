import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProduct } from '../../examples/widget/server.mjs'
import { profileConfig } from '../support/profile.ts'
import type { RunningOwnkey } from '../support/running-server.ts'

export interface HostPage {
  readonly origin: string
  /** Who is signed in to the product from now on; undefined: nobody. */
  signIn(person: { org: string; user: { id: string; name?: string; role: string } } | undefined): void
  /** How many sessions the page has asked its server for. */
  sessions(): number
  close(): Promise<void>
}

/** The product of examples/widget, on a port of its own. */
export async function openHostPage(ownkey: RunningOwnkey): Promise<HostPage> {
  const state = { person: undefined as object | undefined, sessions: 0 }
  const server = createProduct({
    ownkeyUrl: ownkey.url,
    adminToken: ownkey.adminToken,
    signedIn: (_request: IncomingMessage) => {
      state.sessions += 1
      return state.person
    },
  }) as Server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    signIn(person) {
      state.person = person
    },
    sessions: () => state.sessions,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** Lets pages of these origins embed the widget and show the console in a frame. */
export async function allowOrigins(ownkey: RunningOwnkey, profile: string, origins: readonly string[]): Promise<void> {
  const inForce = await ownkey.reload(profileConfig(profile, undefined, { 'platform.origins': [...origins] }))
  if (!inForce) throw new Error('The configuration with the origins was refused.')
}
