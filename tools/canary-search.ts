/**
 * Searches all files below OWNKEY_TEST_LOGS (logs, test output, pages, rows and data folders of databases) for the canary
 * keys and prompts: whole and by their first characters, plain, in base64 at every alignment, in base64url, URL-encoded,
 * JSON-escaped and in hex. Prints which file holds which form, never the text around it.
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canaries } from '../test/support/canary.ts'

/** One spelling of a canary. `bytes` is what to look for. */
interface Form {
  canary: number
  form: string
  bytes: Buffer
}

/** Every form of every canary, without duplicates. */
export function formsOf(list: readonly { text: string; telling: number }[]): Form[] {
  return list.flatMap(({ text, telling }, canary) => {
    const beginning = text.slice(0, telling)
    const spelled: [string, string][] = [
      ['beginning', beginning],
      ['URL-encoded', encodeURIComponent(text)],
      ['URL-encoded beginning', encodeURIComponent(beginning)],
      ['form-encoded', new URLSearchParams([['', text]]).toString().slice(1)],
      ['JSON', JSON.stringify(text).slice(1, -1)],
      ['hex', Buffer.from(text).toString('hex').slice(0, 32)],
      ['hex beginning', Buffer.from(beginning).toString('hex')],
      ...[0, 1, 2].flatMap((offset): [string, string][] => [
        [`base64 (${offset})`, base64Core(text, offset)],
        [`base64 beginning (${offset})`, base64Core(beginning, offset)],
      ]),
    ]
    const seen = new Set<string>()
    return spelled
      .flatMap(
        ([form, value]) =>
          [
            [form, value],
            [`${form}, base64url`, value.replaceAll('+', '-').replaceAll('/', '_')],
          ] as const,
      )
      .filter(([, value]) => value.length >= 8 && !seen.has(value) && seen.add(value))
      .map(([form, value]) => ({ canary, form, bytes: Buffer.from(value) }))
  })
}

/** The base64 characters that depend on the text alone when it stands `offset` bytes behind a group's start. */
function base64Core(text: string, offset: number): string {
  const bytes = Buffer.from(text)
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '')
  const from = offset === 0 ? 0 : offset + 1
  const whole = Math.floor(((offset + bytes.length) * 8) / 6)
  return encoded.slice(from, whole)
}

/** Forms found in a file, read in parts that overlap by the longest form. */
export function searchFile(path: string, forms: readonly Form[]): Form[] {
  const overlap = Math.max(...forms.map((form) => form.bytes.length))
  const buffer = Buffer.alloc(4 * 1024 * 1024)
  const found = new Set<Form>()
  const file = openSync(path, 'r')
  try {
    let kept = 0
    for (;;) {
      const read = readSync(file, buffer, kept, buffer.length - kept, null)
      if (read === 0) return [...found]
      const part = buffer.subarray(0, kept + read)
      for (const form of forms) if (part.includes(form.bytes)) found.add(form)
      kept = Math.min(overlap, part.length)
      part.copy(buffer, 0, part.length - kept)
    }
  } finally {
    closeSync(file)
  }
}

/** @returns one line per finding; empty when nothing was found */
export function searchFolder(folder: string): { files: number; findings: string[] } {
  const forms = formsOf(canaries())
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const findings = entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    return searchFile(path, forms).map((form) => `${path}: canary ${form.canary} (${form.form})`)
  })
  return { files: entries.length, findings }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const folder = process.env.OWNKEY_TEST_LOGS
  if (!folder) {
    console.error('OWNKEY_TEST_LOGS names no folder to search.')
    process.exit(2)
  }
  const { files, findings } = searchFolder(folder)
  for (const line of findings) console.error(line)
  console.log(`Canary search: ${files} files, ${findings.length} findings.`)
  process.exitCode = findings.length === 0 && files > 0 ? 0 : 1
}
