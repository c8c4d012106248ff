/** Names of the headers that Ownkey reads and writes, in lower case as Node gives them. */
export const requestHeaders = {
  org: 'ownkey-org',
  feature: 'ownkey-feature',
  user: 'ownkey-user',
  environment: 'ownkey-environment',
  requestId: 'ownkey-request-id',
} as const

/** As they are written in answers. `fallbackUnavailable`: why this request cannot fall back, although the decision allows it. */
export const responseHeaders = {
  requestId: 'Ownkey-Request-Id',
  keySource: 'Ownkey-Key-Source',
  provider: 'Ownkey-Provider',
  model: 'Ownkey-Model',
  fallback: 'Ownkey-Fallback',
  fallbackUnavailable: 'Ownkey-Fallback-Unavailable',
  error: 'Ownkey-Error',
} as const
