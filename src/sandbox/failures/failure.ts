import type { FailingBehaviour } from '../behaviour.ts'

/**
 * A provider's error as data. In its texts `{requestId}`, `{permission}` (what the key lacks for this surface) and
 * `{tail}` (the key's last four characters, where that provider shows them) are filled in when it is sent.
 */
export interface FailureBody {
  status: number
  headers?: Readonly<Record<string, string>>
  body: unknown
}

export type FailureTable = Readonly<Record<FailingBehaviour, FailureBody>>

type FailureWords = Readonly<Record<'requestId' | 'permission' | 'tail', string>>

export function fillIn<T>(template: T, words: FailureWords): T {
  if (typeof template === 'string') {
    return template.replace(/\{(requestId|permission|tail)\}/g, (_, name: keyof FailureWords) => words[name]) as T
  }
  if (Array.isArray(template)) return template.map((one) => fillIn(one, words)) as T
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fillIn(value, words)])) as T
}
