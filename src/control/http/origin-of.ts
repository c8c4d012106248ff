import type { FastifyRequest } from 'fastify'

/** Scheme and host as the caller used them; a proxy in front tells that it was reached by https. */
export function originOf(request: FastifyRequest): string | undefined {
  const secure = request.headers['x-forwarded-proto'] === 'https' || request.protocol === 'https'
  const written = `${secure ? 'https' : 'http'}://${request.headers.host ?? ''}`
  return /^https?:\/\/[A-Za-z0-9.[\]:_-]+$/.test(written) && URL.canParse(written) ? new URL(written).origin : undefined
}
