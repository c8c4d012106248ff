/** Names of the headers that Ownkey reads and writes, in lower case as Node gives them. */
export const requestHeaders = {
  org: 'ownkey-org',
  feature: 'ownkey-feature',
  user: 'ownkey-user',
  environment: 'ownkey-environment',
  requestId: 'ownkey-request-id',
} as const

/** As written on the answer. `fallbackUnavailable` says why a request that could have fallen back no longer can. */
export const responseHeaders = {
  requestId: 'Ownkey-Request-Id',
  keySource: 'Ownkey-Key-Source',
  provider: 'Ownkey-Provider',
  model: 'Ownkey-Model',
  fallback: 'Ownkey-Fallback',
  fallbackUnavailable: 'Ownkey-Fallback-Unavailable',
  error: 'Ownkey-Error',
} as const
