import type { OpenaiApi } from '../../providers/index.ts'
import { entryOf } from '../json.ts'
import { fieldValue, type JsonField, joinFields, jsonFields, jsonItems } from './json-fields.ts'

/** What answers tell and clients send back with them: of no use but to who told it. */
const ofAnswers: ReadonlySet<string> = new Set([
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'thinking_blocks',
  'annotations',
])
const ofCalls: ReadonlySet<string> = new Set(['extra_content'])
const quoted = (name: string): Buffer => Buffer.from(`"${name}"`)
const foreign = [...ofAnswers, ...ofCalls, 'refusal'].map(quoted)
const assistant = quoted('assistant')

type Adapting = Pick<OpenaiApi, 'roles' | 'strictMessages'>

/** The messages as the vendor takes them, every other byte as it was. What is wrong in them is for the provider to say. */
export function adaptMessages(messages: Buffer, adapting: Adapting): Buffer {
  if (!mayDiffer(messages, adapting)) return messages
  try {
    return eachOf(messages, (message) => adapt(message, adapting))
  } catch {
    return messages
  }
}

function mayDiffer(messages: Buffer, { roles = {}, strictMessages }: Adapting): boolean {
  if (Object.keys(roles).some((role) => messages.includes(`"${role}"`))) return true
  if (strictMessages === undefined || !messages.includes(assistant)) return false
  return foreign.some((name) => messages.includes(name))
}

function adapt(message: Buffer, { roles = {}, strictMessages }: Adapting): Buffer {
  const fields = jsonFields(message)
  const role = fieldValue(fields, 'role')
  const name = typeof role === 'string' ? entryOf(roles, role) : undefined
  const kept = strictMessages ? fields.filter((field) => !isForeign(field, strictMessages.takes)) : fields
  const adapted = kept.map((field) => {
    if (field.key === 'role' && name !== undefined) return { ...field, value: Buffer.from(JSON.stringify(name)) }
    return field.key === 'tool_calls' && strictMessages ? { ...field, value: eachOf(field.value, plainCall) } : field
  })
  const isSame = adapted.length === fields.length && adapted.every((field, at) => field === fields[at])
  return isSame ? message : joinFields(adapted)
}

/** A `refusal` that is null says nothing. */
const isForeign = ({ key, value }: JsonField, takes: readonly string[]): boolean =>
  (ofAnswers.has(key) && !takes.includes(key)) || (key === 'refusal' && value.toString() === 'null')

function plainCall(call: Buffer): Buffer {
  const fields = jsonFields(call)
  const kept = fields.filter(({ key }) => !ofCalls.has(key))
  return kept.length === fields.length ? call : joinFields(kept)
}

/** The list with each of its items changed; as it was when it is none. */
function eachOf(list: Buffer, change: (item: Buffer) => Buffer): Buffer {
  const items = jsonItems(list)
  if (items === undefined) return list
  const pieces = items.flatMap((item, index) => [Buffer.from(index === 0 ? '[' : ','), change(item)])
  return Buffer.concat([...pieces, Buffer.from(items.length === 0 ? '[]' : ']')])
}
