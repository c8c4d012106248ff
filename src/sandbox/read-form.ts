import type { IncomingMessage } from 'node:http'
import { Problem } from './call.ts'
import { drainBody } from './read-body.ts'

/** A form as far as it is kept: short texts, and of files only their sizes. */
export interface Form {
  fields: Readonly<Record<string, string>>
  files: readonly FormFile[]
}

interface FormFile {
  field: string
  name: string
  bytes: number
}

/** Longer texts are cut: no field that is read here is longer. */
const longestField = 64 * 1024
const longestPartHead = 16 * 1024

interface OpenPart {
  field: string
  /** Absent for text fields. */
  file?: FormFile
  text: Buffer[]
  textBytes: number
}

/** Reads a form without holding its files. @throws Problem `invalid_field` when it is no form. */
export async function readForm(incoming: IncomingMessage): Promise<Form> {
  const type = incoming.headers['content-type'] ?? ''
  const boundary = /^multipart\/form-data\b.*?boundary="?([^";]+)"?/i.exec(type)?.[1]
  if (!boundary) {
    await drainBody(incoming)
    throw new Problem('invalid_field', 'content-type')
  }
  const reader = formReader(boundary)
  for await (const chunk of incoming as AsyncIterable<Buffer>) reader.take(chunk)
  return reader.form
}

/** Takes the body in pieces, however it is cut, and holds no more of it than the longest delimiter or part head. */
function formReader(boundary: string) {
  const fields: Record<string, string> = {}
  const files: FormFile[] = []
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  // The first boundary has no line before it; this one makes all alike.
  let rest: Buffer = Buffer.from('\r\n')
  let part: OpenPart | undefined
  let inHead = false

  /** Each step returns true when something was taken and there may be more. */
  const takeHead = (): boolean => {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0 && rest.length > longestPartHead) throw new Problem('invalid_field', 'file')
    if (end < 0) return false
    part = openPart(rest.subarray(0, end).toString('utf8'))
    if (part.file) files.push(part.file)
    rest = rest.subarray(end + 4)
    inHead = false
    return true
  }
  const takeBody = (): boolean => {
    const end = rest.indexOf(delimiter)
    const taken = end >= 0 ? end : Math.max(0, rest.length - delimiter.length)
    if (part) addBytes(part, rest.subarray(0, taken))
    rest = rest.subarray(end >= 0 ? end + delimiter.length : taken)
    if (end < 0) return false
    if (part && !part.file) keepText(fields, part)
    part = undefined
    inHead = true
    return true
  }
  const take = (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (inHead ? takeHead() : takeBody());
  }
  return { take, form: { fields, files } }
}

/** A field that is a list (`name[]`) comes once for each of its values; they are kept with commas between them. */
function keepText(fields: Record<string, string>, { field, text }: OpenPart): void {
  const value = Buffer.concat(text).toString('utf8')
  const before = field.endsWith('[]') ? fields[field] : undefined
  fields[field] = before === undefined ? value : `${before},${value}`
}

function addBytes(part: OpenPart, bytes: Buffer): void {
  if (part.file) part.file.bytes += bytes.length
  else if (part.textBytes < longestField) part.text.push(Buffer.from(bytes))
  part.textBytes += bytes.length
}

function openPart(head: string): OpenPart {
  const disposition = /content-disposition:([^\r\n]*)/i.exec(head)?.[1] ?? ''
  const field = /\bname="([^"]*)"/i.exec(disposition)?.[1] ?? ''
  const name = /\bfilename\*?="?([^";]*)"?/i.exec(disposition)?.[1]
  const part: OpenPart = { field, text: [], textBytes: 0 }
  if (name !== undefined) part.file = { field, name, bytes: 0 }
  return part
}
