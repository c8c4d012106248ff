import { randomBytes } from 'node:crypto'
import { invalidBody } from './invalid.ts'

/** One part of a multipart form. */
export interface FormPart {
  name: string
  /** Present for files. */
  filename?: string | undefined
  type?: string | undefined
  /** Its content, and where it stands in the form. */
  bytes: Buffer
  start: number
}

const headEnd = Buffer.from('\r\n\r\n')

/** Parts in order. Content is a view of `body`, not a copy. @throws request_invalid */
export function parseForm(body: Buffer, contentType: string): readonly FormPart[] {
  const delimiter = Buffer.from(`\r\n--${boundaryOf(contentType)}`)
  const parts: FormPart[] = []
  // The first delimiter stands at the beginning, without the line break that the others have.
  let at = body.indexOf(delimiter.subarray(2))
  if (at === -1) throw malformed()
  at += delimiter.length - 2
  while (body.toString('latin1', at, at + 2) !== '--') {
    const head = body.indexOf(headEnd, at)
    const end = body.indexOf(delimiter, head === -1 ? at : head + 2)
    if (head === -1 || end === -1) throw malformed()
    const start = head + headEnd.length
    parts.push({ ...readHead(body.toString('utf8', at, head)), bytes: body.subarray(start, end), start })
    at = end + delimiter.length
  }
  return parts
}

export function boundaryOf(contentType: string): string {
  const match = /^multipart\/form-data\b.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw invalidBody('it must be multipart/form-data')
  return boundary
}

function malformed(): Error {
  return invalidBody('it is not a whole multipart form')
}

function readHead(head: string): Omit<FormPart, 'bytes' | 'start'> {
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? ''
  const parameter = (name: string): string | undefined => {
    const match = new RegExp(`[;\\s]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(disposition)
    return match?.[1] ?? match?.[2]
  }
  const type = /^content-type:\s*(.*?)\s*$/im.exec(head)?.[1]
  return { name: parameter('name') ?? '', filename: parameter('filename'), type }
}

export interface NewPart {
  name: string
  filename?: string | undefined
  type?: string | undefined
  content: Buffer | string
}

/** A form of these parts, behind a boundary that stands in none of them. */
export function buildForm(parts: readonly NewPart[]): { contentType: string; body: Buffer } {
  const boundary = `ownkey-${randomBytes(18).toString('hex')}`
  const pieces = parts.flatMap(({ name, filename, type, content }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${filename === undefined ? '' : `; filename="${quoted(filename)}"`}\r\n${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`,
    ),
    typeof content === 'string' ? Buffer.from(content) : content,
    Buffer.from('\r\n'),
  ])
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  }
}

function quoted(text: string): string {
  return text.replace(/[\r\n"\\]/g, '_')
}
