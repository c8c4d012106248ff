import { type Answer, type Call, Problem } from '../call.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'

const prefix = 'file_'
const longestName = 100

function described(id: string): Answer {
  const [filename, size_bytes] = factsOfId(prefix, id)
  const facts = { id, type: 'file', filename, mime_type: 'application/octet-stream', size_bytes }
  return { json: { ...facts, created_at: '2026-01-01T00:00:00Z', downloadable: true } }
}

/** `POST /v1/files`: counted, described and forgotten. */
export async function uploadFile(call: Call): Promise<Answer> {
  const { files } = await call.form()
  const [file] = files
  if (file === undefined) throw new Problem('missing_field', 'file')
  return described(tellingId(prefix, [file.name.slice(0, longestName), file.bytes]))
}

/** `GET /v1/files/{id}` */
export const getFile = (call: Call): Answer => described(call.parts['id'] ?? '')

/** `GET /v1/files/{id}/content` */
export function fileContent(call: Call): Answer {
  const [name] = factsOfId(prefix, call.parts['id'])
  return {
    headers: { 'content-type': 'application/octet-stream' },
    bytes: Buffer.from(`This is the Ownkey sandbox: it keeps no files, and "${name}" was forgotten.\n`),
  }
}

/** `DELETE /v1/files/{id}` */
export function deleteFile(call: Call): Answer {
  factsOfId(prefix, call.parts['id'])
  return { json: { id: call.parts['id'], type: 'file_deleted' } }
}
