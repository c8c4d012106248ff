import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Provider keys and prompts that exist nowhere else. Tests use them wherever they need a key or a text, and
 * `tools/canary-search.ts` ends every run by looking for them in all that the run left behind. The first eight characters
 * of each are already unmistakable, because half a key in a log is a leak too.
 */
export const canaryKeys = {
  openai: 'sk-Qz7Xcanary0openai0T3BlbkFJ0a1b2c3d4e5f6g7h8i9j',
  anthropic: 'sk-ant-Qz7Xcanary0anthropic0api03-a1b2c3d4e5f6g7h8AA',
  gemini: 'AIzaQz7Xcanary0gemini0a1b2c3d4e5f6g7h8i',
  elevenlabs: 'sk_Qz7Xcanary0elevenlabs0a1b2c3d4e5f6g7h8i9j0',
  sarvam: 'Qz7Xcanary0sarvam0a1b2c3d4e5f6g7h8i9j',
} as const

/** A platform's key, to tell from the customers' when it turns up. */
export const canaryPlatformKey = 'sk-Pq9Ycanary0platform0a1b2c3d4e5f6g7h8i9j0'

export const canaryPrompts = [
  'Zqheronx counted seven blue lanterns & wrote "änd" beside them',
  'Vrybadgerx hid the violet ledger/under the third stair?',
] as const

/** Every text that must never be found, with the number of its first characters that are already a leak. */
export function canaries(): { text: string; telling: number }[] {
  const keys = [...Object.values(canaryKeys), canaryPlatformKey]
  return [
    // What comes before `Qz7X` is public (`sk-ant-`), so the first eight characters count from there when they reach it.
    ...keys.map((text) => ({ text, telling: Math.max(8, text.search(/Qz7X|Pq9Y/) + 4) })),
    ...canaryPrompts.map((text) => ({ text, telling: 8 })),
  ]
}

/** A new folder for one server's logs or dumps; below OWNKEY_TEST_LOGS, where the search at the end finds it. */
export function evidenceFolder(name: string): string {
  const parent = process.env.OWNKEY_TEST_LOGS ?? join(tmpdir(), `ownkey-tests-alone-${process.getuid?.() ?? 0}`)
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-`))
}
