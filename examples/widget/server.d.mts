import type { IncomingMessage, Server } from 'node:http'

export function createProduct(options: {
  /** The origin of the Ownkey server, as browsers reach it. */
  ownkeyUrl: string
  adminToken: string
  /** Whoever is signed in to the product: what POST /api/v1/sessions takes. */
  signedIn(request: IncomingMessage): object | undefined
}): Server
