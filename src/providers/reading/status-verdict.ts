import type { Facts } from './facts.ts'
import { type Verdict, verdict } from './rules.ts'

const byStatus: Readonly<Record<number, Verdict>> = {
  0: verdict('provider_error'),
  401: verdict('invalid_key'),
  402: verdict('quota_exhausted', 'out_of_credit'),
  403: verdict('permission_denied'),
  // A provider's own time-out or cut-off: the network to it was fine.
  408: verdict('provider_error'),
  424: verdict('provider_error'),
  425: verdict('provider_error'),
  429: verdict('rate_limited'),
  498: verdict('provider_error'),
  499: verdict('provider_error'),
  529: verdict('provider_error', 'capacity'),
}

/** The last resort: what a status alone means. Redirects are never followed, so a 3xx is the provider's error. */
export function statusVerdict(facts: Facts): Verdict {
  const known = byStatus[facts.status]
  if (known) return known
  if (
    (facts.status === 404 || facts.status === 410) &&
    /\bmodels?\b/i.test(`${facts.message} ${facts.codes.join(' ')}`)
  )
    return verdict('model_unavailable')
  if (facts.status >= 400 && facts.status < 500) return verdict('request_invalid')
  return verdict('provider_error')
}
