import { entryOf } from '../json.ts'
import { fieldValue, joinFields, jsonFields, jsonItems } from './json-fields.ts'

/** The messages with the vendor's names for roles, every other byte as it was. What is wrong in them is for the provider to say. */
export function renameRoles(messages: Buffer, roles: Readonly<Record<string, string>>): Buffer {
  if (!Object.keys(roles).some((role) => messages.includes(`"${role}"`))) return messages
  try {
    const items = jsonItems(messages)
    if (items === undefined) return messages
    const pieces = items.flatMap((item, index) => [Buffer.from(index === 0 ? '[' : ','), renameRole(item, roles)])
    return Buffer.concat([...pieces, Buffer.from(items.length === 0 ? '[]' : ']')])
  } catch {
    return messages
  }
}

function renameRole(message: Buffer, roles: Readonly<Record<string, string>>): Buffer {
  const fields = jsonFields(message)
  const role = fieldValue(fields, 'role')
  const name = typeof role === 'string' ? entryOf(roles, role) : undefined
  if (name === undefined) return message
  const value = Buffer.from(JSON.stringify(name))
  return joinFields(fields.map((field) => (field.key === 'role' ? { ...field, value } : field)))
}
