import { type Answer, type Call, type JsonObject, objectOf } from '../call.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'

/**
 * Files as Google takes them: begun with what they are, sent in pieces to the address that the beginning names, ended with
 * the last piece. What a file is stands in its id and in the upload's address.
 */
interface FileFacts {
  mimeType: string
  displayName: string
  bytes: number
}

const idOf = ({ mimeType, displayName, bytes }: FileFacts): string => tellingId('', [mimeType, displayName, bytes])

function factsOf(id: string): FileFacts {
  const [mimeType, displayName, bytes] = factsOfId('', id)
  return { mimeType: String(mimeType), displayName: String(displayName), bytes: Number(bytes) }
}

const times = { createTime: '2026-01-01T00:00:00Z', updateTime: '2026-01-01T00:00:00Z' }

function described(facts: FileFacts): JsonObject {
  const name = `files/${idOf(facts)}`
  return {
    name,
    ...(facts.displayName !== '' && { displayName: facts.displayName }),
    mimeType: facts.mimeType,
    sizeBytes: String(facts.bytes),
    ...times,
    expirationTime: '2100-01-01T00:00:00Z',
    uri: `https://generativelanguage.googleapis.com/v1beta/${name}`,
    state: 'ACTIVE',
    source: 'UPLOADED',
  }
}

const header = ({ headers }: Call, name: string): string => String(headers[`x-goog-upload-${name}`] ?? '')

/** `POST /upload/v1beta/files` */
export async function uploadFile(call: Call): Promise<Answer> {
  const commands = header(call, 'command')
    .split(',')
    .map((command) => command.trim().toLowerCase())
  if (commands.includes('start')) return startUpload(call)
  const begun = call.query.get('upload_id')
  if (begun === null) return { json: { file: described(await wholeFile(call)) } }
  const received = Number(header(call, 'offset') || 0) + (await call.drain())
  const facts = factsOf(begun)
  if (commands.includes('finalize')) {
    const file = described({ ...facts, bytes: received })
    return { headers: { 'x-goog-upload-status': 'final' }, json: { file } }
  }
  const status = commands.includes('cancel') ? 'cancelled' : 'active'
  return { headers: { 'x-goog-upload-status': status, 'x-goog-upload-size-received': String(received) }, json: {} }
}

async function startUpload(call: Call): Promise<Answer> {
  const told = call.headers['content-length'] === '0' ? {} : await call.json()
  const file = objectOf(told['file'])
  const upload = idOf({
    mimeType: header(call, 'header-content-type') || String(file['mimeType'] ?? 'application/octet-stream'),
    displayName: String(file['displayName'] ?? file['display_name'] ?? '').slice(0, 100),
    bytes: 0,
  })
  const address = `http://${call.headers.host}/${call.provider}${call.path}`
  return {
    headers: {
      'x-goog-upload-status': 'active',
      'x-goog-upload-url': `${address}?upload_id=${upload}&upload_protocol=resumable`,
      'x-goog-upload-chunk-granularity': '262144',
    },
    json: {},
  }
}

/** The whole file in one request, alone (`raw`) or behind a part that describes it. */
async function wholeFile(call: Call): Promise<FileFacts> {
  const type = call.headers['content-type'] ?? 'application/octet-stream'
  const mimeType = type.startsWith('multipart/') ? 'application/octet-stream' : type
  return { mimeType, displayName: '', bytes: await call.drain() }
}

/** `GET /v1beta/files/{id}` */
export function getFile(call: Call): Answer {
  return { json: described(factsOf(call.parts['file'] ?? '')) }
}

/** `DELETE /v1beta/files/{id}` */
export function deleteFile(call: Call): Answer {
  factsOf(call.parts['file'] ?? '')
  return { json: {} }
}
