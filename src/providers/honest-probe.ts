import type { Failure, ProviderAnswer } from './failure.ts'
import type { Provider } from './provider.ts'

const page = /^\s*<(?:!doctype|html|head|body|\?xml)\b/i
/** Something else answered: a captive portal, a proxy's sign-in page, a web site at a mistyped address. */
const somethingElse: Failure = { class: 'network' }

/** A page for people proves no key, whatever its status: no provider's API answers a probe with one. */
export function withHonestProbe(provider: Provider): Provider {
  const { authenticate } = provider.probes
  const readAnswer = (answer: ProviderAnswer): Failure | undefined =>
    typeof answer.body === 'string' && page.test(answer.body) ? somethingElse : authenticate.readAnswer?.(answer)
  return { ...provider, probes: { ...provider.probes, authenticate: { ...authenticate, readAnswer } } }
}
