import { type Answer, type Call, type JsonAnswer, type JsonObject, Problem, textField } from '../call.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'

const [filePrefix, uploadPrefix] = ['file-', 'upload_']
const longestName = 100

/** A file as it was sent: its name, what it is for, its bytes. */
type File = [name: string, purpose: string, bytes: number]

function described([filename, purpose, bytes]: File): JsonObject {
  const id = tellingId(filePrefix, [filename, purpose, bytes])
  return { id, object: 'file', bytes, created_at: 1_750_000_000, filename, purpose, status: 'processed' }
}

const fileOf = (call: Call): File => factsOfId(filePrefix, call.parts['id']) as File

/** `POST …/files`: counted, described and forgotten. */
export async function uploadFile(call: Call, usualPurpose = 'user_data'): Promise<JsonAnswer> {
  const form = await call.form()
  const file = form.files[0]
  if (!file) throw new Problem('missing_field', 'file')
  return {
    json: described([file.name.slice(0, longestName), form.fields['purpose'] ?? usualPurpose, file.bytes]),
  }
}

/** `GET …/files/{id}` */
export const getFile = (call: Call): JsonAnswer => ({ json: described(fileOf(call)) })

/** `DELETE …/files/{id}` */
export function deleteFile(call: Call): Answer {
  fileOf(call)
  return { json: { id: call.parts['id'], object: 'file', deleted: true } }
}

/** `GET …/files/{id}/content` */
export function fileContent(call: Call): Answer {
  const [name] = fileOf(call)
  return {
    headers: { 'content-type': 'application/octet-stream' },
    bytes: Buffer.from(`This is the Ownkey sandbox: it keeps no files, and "${name}" was forgotten.\n`),
  }
}

function upload(call: Call, status: string, more: JsonObject = {}): Answer {
  const [filename, purpose, bytes] = factsOfId(uploadPrefix, call.parts['id']) as File
  const times = { created_at: 1_750_000_000, expires_at: 4_102_444_800 }
  return { json: { id: call.parts['id'], object: 'upload', status, bytes, filename, purpose, ...times, ...more } }
}

/** `POST …/uploads` */
export async function startUpload(call: Call): Promise<Answer> {
  const body = await call.json()
  const file: File = [
    textField(body, 'filename').slice(0, longestName),
    textField(body, 'purpose'),
    Number(body['bytes']) || 0,
  ]
  return upload({ ...call, parts: { id: tellingId(uploadPrefix, file) } }, 'pending')
}

/** `POST …/uploads/{id}/parts` */
export async function addPart(call: Call): Promise<Answer> {
  factsOfId(uploadPrefix, call.parts['id'])
  const { files } = await call.form()
  if (files.length === 0) throw new Problem('missing_field', 'data')
  const id = `part_${call.requestId}`
  return { json: { id, object: 'upload.part', created_at: 1_750_000_000, upload_id: call.parts['id'] } }
}

/** `POST …/uploads/{id}/complete` */
export const completeUpload = (call: Call): Answer =>
  upload(call, 'completed', { file: described(factsOfId(uploadPrefix, call.parts['id']) as File) })

/** `POST …/uploads/{id}/cancel` */
export const cancelUpload = (call: Call): Answer => upload(call, 'cancelled')

/** `GET …/files` and other lists of what is kept: always empty. */
export function emptyList(): Answer {
  return { json: { object: 'list', data: [], has_more: false } }
}
