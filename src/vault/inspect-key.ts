import { OwnkeyError } from '../contract/index.ts'
import { Secret } from '../crypto/index.ts'
import { withArticle } from '../lib/index.ts'
import type { Provider } from '../providers/index.ts'

type Shapes = Pick<Provider, 'id' | 'name' | 'keyShapes'>

export interface InspectedKey {
  secret: Secret
  /** White space stood around the key and is gone. */
  trimmed: boolean
  /** A sentence for the person who pasted it; never a reason to refuse. */
  advice?: string
  /** The advice as a code with facts. */
  adviceAs?: { code: 'looks_like' | 'unusual_form' | 'unusual_prefix'; facts: Record<string, string> }
  /** The other provider that the key seems to be of. */
  looksLike?: string
}

const longest = 8_192
const longestDocument = 16_384
const shortest = 4

/** What browsers, terminals and documents put around a copied text besides white space: zero-width marks. */
const invisible = new Set(['\u200B', '\u200C', '\u200D', '\u2060', '\uFEFF'])

/** Why a text cannot be a key, and the sentence for it; the first that applies. No sentence contains the text. */
const impossible: readonly {
  problem: string
  applies(text: string): boolean
  detail: string
  fix?: string
  limit?: number
}[] = [
  { problem: 'empty', applies: (text) => text === '', detail: 'The key is empty.' },
  {
    problem: 'ownkey_token',
    applies: (text) => /^ok[a-z]_[A-Za-z0-9]/.test(text),
    detail: 'This is a token of Ownkey itself, not a key of the provider.',
    fix: 'Paste the key that the provider gave you; Ownkey’s own tokens are for calling the gateway.',
  },
  {
    problem: 'too_long',
    applies: (text) => text.length > longest,
    detail: `The key is longer than ${longest} characters.`,
    limit: longest,
    fix: 'Copy only the key from the provider’s page.',
  },
  {
    problem: 'space_inside',
    applies: (text) => /\s/.test(text),
    detail: 'The key contains a space or a line break.',
    fix: 'Copy the key in one piece, without the text around it.',
  },
  {
    problem: 'shortened',
    applies: (text) => /[\u2022\u2026*]{2,}|\.{3}/.test(text),
    detail: 'This is the shortened form of a key, with the middle left out.',
    fix: 'The provider shows the whole key only once, when it is made: create a new one and copy it then.',
  },
  {
    problem: 'foreign_characters',
    applies: (text) => !/^[\x21-\x7E]*$/.test(text),
    detail: 'The key contains characters that no key has.',
    fix: 'Copy the key from the provider’s page, not from a document or a chat that changes characters.',
  },
  { problem: 'too_short', applies: (text) => text.length < shortest, detail: 'The key is too short to be one.' },
]

/** The values of `facts.problem` in a `key_malformed` error. */
export const keyProblems = [...impossible.map(({ problem }) => problem), 'broken_document']

/**
 * Looks at a pasted key before anything else touches it: a line break in a header or a URL would carry it into an error.
 * @param provider whose key it should be
 * @param others the catalogue, to recognise keys of another
 * @throws OwnkeyError `key_malformed`, without the key
 */
export function inspectKey(pasted: string, provider: Shapes, others: readonly Shapes[] = []): InspectedKey {
  const text = trim(pasted)
  if (text.startsWith('{') && provider.keyShapes.some(({ document }) => document))
    return inspectDocument(text, provider)
  const problem = impossible.find(({ applies }) => applies(text))
  if (problem)
    throw new OwnkeyError('key_malformed', {
      detail: problem.detail,
      ...(problem.fix ? { fix: problem.fix } : {}),
      facts: { problem: problem.problem, ...(problem.limit ? { limit: problem.limit } : {}) },
    })
  return { secret: new Secret(text), trimmed: text !== pasted, ...adviceOn(text, provider, others) }
}

/** A file that a provider takes as a key. Kept as one line: line breaks between its fields mean nothing. */
function inspectDocument(text: string, provider: Shapes): InspectedKey {
  const document = text.length <= longestDocument ? parseObject(text) : undefined
  if (document === undefined)
    throw new OwnkeyError('key_malformed', {
      detail: `This begins like a JSON file, but it is not a whole one.`,
      fix: 'Paste the whole file as it was downloaded, from the first brace to the last.',
      facts: { problem: 'broken_document' },
    })
  const line = JSON.stringify(document)
  return { secret: new Secret(line), trimmed: false, ...adviceOn(line, provider, []) }
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    // The parser's error carries its input: it goes no further.
    return undefined
  }
}

/** What a text's form tells a person; nothing of it where the form is one of the provider's. Never a part of the text. */
export function adviceOn(
  text: string,
  provider: Shapes,
  others: readonly Shapes[],
): Pick<InspectedKey, 'advice' | 'looksLike' | 'adviceAs'> {
  if (provider.keyShapes.length === 0 || fits(text, provider)) return {}
  const other = others.find((each) => each.id !== provider.id && fits(text, each, true))
  if (other)
    return {
      looksLike: other.id,
      adviceAs: { code: 'looks_like', facts: { provider: provider.name, other: other.name } },
      advice: `This looks like ${withArticle(other.name)} key, not ${withArticle(provider.name)} key.`,
    }
  const known = [...new Set(provider.keyShapes.map(({ prefix }) => prefix).filter(Boolean))]
  // A text with a usual prefix is unusual in some other way, so the prefixes need not be named.
  const prefixes = known.some((prefix) => text.startsWith(prefix)) ? [] : known
  const quoted = prefixes.map((prefix) => `"${prefix}"`)
  const usual = quoted.length > 0 ? ` They usually begin with ${quoted.join(' or ')}.` : ''
  return {
    advice: `This does not look like the ${provider.name} keys that are known.${usual}`,
    adviceAs: {
      code: quoted.length > 0 ? 'unusual_prefix' : 'unusual_form',
      facts: { provider: provider.name, prefixes: quoted.join(', ') },
    },
  }
}

function fits(text: string, { keyShapes }: Shapes, distinctiveOnly = false): boolean {
  return keyShapes.some(({ pattern, distinctive }) => (distinctive || !distinctiveOnly) && pattern.test(text))
}

/** Without a regular expression, which would take quadratic time on a text full of spaces. */
function trim(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isSurrounding(text[from] as string)) from++
  while (to > from && isSurrounding(text[to - 1] as string)) to--
  return text.slice(from, to)
}

function isSurrounding(character: string): boolean {
  return invisible.has(character) || character.trim() === ''
}
