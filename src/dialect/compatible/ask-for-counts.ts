import { isRecord } from '../json.ts'
import type { AnswerTranslation } from '../translation.ts'
import { hideUsage } from './hide-usage.ts'
import { fieldValue, type JsonField, joinFields, jsonFields } from './json-fields.ts'

/**
 * A streaming request of OpenAI's API that asks for its counts, and the answer without them: for a caller who did not ask.
 * Every other value of the body stays byte for byte. Undefined: the body asks already, is no stream, or cannot be read.
 */
export function askForCounts(body: Buffer): { body: Buffer; answer: AnswerTranslation } | undefined {
  const fields = readStream(body)
  if (fields === undefined) return undefined
  const given = fieldValue(fields, 'stream_options')
  if (given !== undefined && !isRecord(given)) return undefined
  if (given?.['include_usage'] === true) return undefined
  const asking = { key: 'stream_options', value: Buffer.from(JSON.stringify({ ...given, include_usage: true })) }
  const others = fields.filter(({ key }) => key !== 'stream_options')
  return { body: joinFields([...others, asking]), answer: { stream: hideUsage } }
}

/** What is wrong with a body is for the provider to say. */
function readStream(body: Buffer): readonly JsonField[] | undefined {
  try {
    const fields = jsonFields(body)
    return fieldValue(fields, 'stream') === true ? fields : undefined
  } catch {
    return undefined
  }
}
