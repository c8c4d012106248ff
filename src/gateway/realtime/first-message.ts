import { OwnkeyError } from '../../contract/index.ts'
import type { Secret } from '../../crypto/index.ts'
import { parseJson } from '../../lib/index.ts'

/** One message as it came. */
export interface Message {
  data: Buffer
  isBinary: boolean
}

export interface FirstMessageRules {
  /** The field in which a caller may have put a credential; the provider's takes its place. */
  credential?: { field: string; secret: Secret } | undefined
  /** Where the model stands, when a rule depends on it; `check` throws what is wrong with it. */
  model?: { path: readonly string[]; check(model: string | undefined): void } | undefined
  /** Where the model stands, when no rule depends on it; `note` is told it, for the books. */
  noted?: { path: readonly string[]; note(model: string): void } | undefined
}

/**
 * The first message as it goes to the provider. Where a rule checked it, it is written anew from what was parsed, so that the
 * provider reads exactly what was checked, even if a name stood there twice.
 * @throws what `model.check` throws; request_invalid when a rule must be kept and the message is no JSON
 */
export function prepareFirst({ data, isBinary }: Message, { credential, model, noted }: FirstMessageRules): Buffer {
  if (credential === undefined && model === undefined && noted === undefined) return data
  const fields = readFields(data)
  const named = noted === undefined ? undefined : textAt(fields, noted.path)
  if (named !== undefined) noted?.note(named)
  if (fields === undefined) {
    if (model === undefined && (credential === undefined || isBinary)) return data
    if (model === undefined && !data.includes(credential?.field as string)) return data
    throw new OwnkeyError('request_invalid', { detail: 'The first message must be a JSON object.' })
  }
  if (model !== undefined) model.check(textAt(fields, model.path))
  const swaps = credential !== undefined && Object.hasOwn(fields, credential.field)
  if (swaps) fields[credential.field] = credential.secret.reveal()
  return swaps || model !== undefined ? Buffer.from(JSON.stringify(fields)) : data
}

/** The text in a field of a JSON object; undefined when there is none. */
export function textField({ data }: Message, field: string): string | undefined {
  const fields = readFields(data)
  return fields === undefined ? undefined : textAt(fields, [field])
}

/** The text that stands at a path of names; undefined when there is none. */
export function textAt(value: unknown, path: readonly string[]): string | undefined {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return typeof found === 'string' ? found : undefined
}

function readFields(data: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = parseJson(data)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
