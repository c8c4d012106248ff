/**
 * Provider keys and prompts that exist nowhere else. Tests use them wherever they need a key or a text, and
 * `tools/canary-search.ts` ends every run by looking for them in all that the run left behind. Of a key, what comes before
 * `Qz7X` or `Pq9Y` is its provider's public prefix; the eight characters from there on are already unmistakable, because
 * half a key in a log is a leak too.
 */
export const canaryKeys = {
  openai: 'sk-Qz7Xoa1canary0openaiT3BlbkFJ0a1b2c3d4e5f6oai9j',
  anthropic: 'sk-ant-Qz7Xan2canary0anthropicapi03-a1b2c3d4e5ant8AA',
  gemini: 'AIzaQz7Xge3canary0gemini0a1b2c3d4egem8i',
  elevenlabs: 'sk_Qz7Xel4canary0elevenlabs0a1b2c3d4e5f6ele9j0',
  sarvam: 'Qz7Xsa5canary0sarvam0a1b2c3d4e5f6g7sar9j',
} as const

/** A platform's key, to tell from the customers' when it turns up. */
export const canaryPlatformKey = 'sk-Pq9Ypl6canary0platform0a1b2c3d4e5f6g7pla9j0'

/** The key of the vault's suites. */
export const canaryVaultKey = 'sk-Qz7Xva7canary-4f9d2c71b8e6a503-wxyz'

/** Keys that the sandbox answers, for journeys that begin without a provider. */
export const canarySandboxKeys = {
  openai: 'sk-Qz7Xsb8canary-sandbox-ok-0a1b2c3d4e5sbx9j',
  gemini: 'AIzaQz7Xsg9canary-sandbox-ok-0a1b2csbg1',
} as const

export const canaryPrompts = [
  'Zqheronx counted seven blue lanterns & wrote "änd" beside them',
  'Vrybadgerx hid the violet ledger/under the third stair?',
] as const

export interface Canary {
  /** What to call it in a finding. */
  name: string
  text: string
  /** Parts of it that are already a leak: of a key, the eight characters behind its public prefix, and its last eight. */
  telling: readonly string[]
}

/** Every text that must never be found. */
export function canaries(): Canary[] {
  const keys: [string, string][] = [
    ...Object.entries(canaryKeys),
    ['platform', canaryPlatformKey],
    ['vault', canaryVaultKey],
    ...Object.entries(canarySandboxKeys).map(([provider, text]): [string, string] => [`sandbox ${provider}`, text]),
  ]
  return [
    ...keys.map(([owner, text]) => {
      const secret = text.slice(Math.max(0, text.search(/Qz7X|Pq9Y/)))
      return { name: `key (${owner})`, text, telling: [secret.slice(0, 8), secret.slice(-8)] }
    }),
    ...canaryPrompts.map((text, index) => ({ name: `prompt (${index + 1})`, text, telling: [text.slice(0, 8)] })),
  ]
}
