import type { Secret } from '../crypto/index.ts'
import type { Provider } from '../providers/index.ts'

/** All that is ever shown of a key. */
export interface MaskedForm {
  /** `AIza••••1234`, `sk-...abcd` */
  hint: string
  /** Empty when the key is too short to show any of it. */
  last4: string
}

/** Of a key shorter than this nothing is shown: four characters would be too much of it. */
const shortestShown = 12
const shown = 4

/** The masked form of a key: the provider's public prefix where the key has it, and the last four characters. */
export function maskKey(provider: Pick<Provider, 'keyShapes' | 'maskGap'>, key: Secret): MaskedForm {
  const text = documentHint(provider, key) ?? key.reveal()
  if (text.length < shortestShown) return { hint: provider.maskGap, last4: '' }
  const last4 = text.slice(-shown)
  const prefix = publicPrefix(provider, text)
  return { hint: `${prefix}${provider.maskGap}${last4}`, last4 }
}

/** What stands for a document: the public field that names it; empty where it has none. */
function documentHint({ keyShapes }: Pick<Provider, 'keyShapes'>, key: Secret): string | undefined {
  const text = key.reveal()
  const shape = keyShapes.find(({ document, pattern }) => document && pattern.test(text))
  if (!shape?.document) return undefined
  const value = (JSON.parse(text) as Record<string, unknown>)[shape.document.hint]
  return typeof value === 'string' ? value : ''
}

/** The longest prefix of a shape that the key has, unless prefix and last four together would be half of a key. */
function publicPrefix({ keyShapes }: Pick<Provider, 'keyShapes'>, text: string): string {
  const fitting = keyShapes.map(({ prefix }) => prefix).filter((prefix) => prefix !== '' && text.startsWith(prefix))
  const longest = fitting.sort((a, b) => b.length - a.length)[0] ?? ''
  return (longest.length + shown) * 2 <= text.length ? longest : ''
}
