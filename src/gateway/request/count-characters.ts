import { parseJson } from '../../lib/index.ts'
import type { Surface } from '../../providers/index.ts'
import { findTopLevelStrings } from './json-strings.ts'

/**
 * The characters of a request that are billed, as people count them. Their field holds a text, a list of texts, or a list of
 * objects that each have a `text`, as a dialogue has. Undefined: none are billed, or they cannot be read.
 */
export function countCharacters(
  { meters, textField }: Pick<Surface, 'meters' | 'textField'>,
  body: { readonly joined: Buffer; readonly isComplete: boolean },
): number | undefined {
  if (meters !== 'characters' || textField === undefined || !body.isComplete) return undefined
  const [text] = findTopLevelStrings(body.joined, textField, false)
  return text === undefined ? lengthOfList(body.joined, textField) : lengthOf(text)
}

function lengthOfList(bytes: Buffer, field: string): number | undefined {
  const list = fieldOf(bytes, field)
  if (!Array.isArray(list)) return undefined
  return list
    .map((item: unknown) => memberOf(item, 'text') ?? item)
    .filter((text) => typeof text === 'string')
    .reduce((sum, text) => sum + lengthOf(text), 0)
}

function fieldOf(bytes: Buffer, field: string): unknown {
  try {
    return memberOf(parseJson(bytes), field)
  } catch {
    return undefined
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined

const lengthOf = (text: string): number => [...text].length
