/**
 * Searches all files below OWNKEY_TEST_LOGS (logs, test output, pages, rows and data folders of databases) for the canary
 * keys and prompts: whole and by their first and last secret characters, plain, in base64 at every alignment, in base64url, URL-encoded,
 * JSON-escaped and in hex. Prints which file holds which form, never the text around it.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Canary, canaries } from '../test/support/canary.ts'

/** One spelling of a canary. `bytes` is what to look for. */
interface Form {
  canary: string
  form: string
  bytes: Buffer
}

/** Every form of every canary, without duplicates. */
export function formsOf(list: readonly Canary[]): Form[] {
  return list.flatMap(({ name, text, telling }) => {
    const spelled = [
      ...spellings('whole', text),
      ...telling.flatMap((part, index) => spellings(index === 0 ? 'beginning' : 'ending', part)),
    ]
    const seen = new Set<string>()
    return spelled
      .flatMap(([form, value]) => [
        [form, value] as const,
        [`${form}, base64url`, value.replaceAll('+', '-').replaceAll('/', '_')] as const,
      ])
      .filter(([, value]) => value.length >= 8 && !seen.has(value) && seen.add(value))
      .map(([form, value]) => ({ canary: name, form, bytes: Buffer.from(value) }))
  })
}

function spellings(what: string, text: string): [string, string][] {
  return [
    [what, text],
    [`${what}, URL-encoded`, encodeURIComponent(text)],
    [`${what}, form-encoded`, new URLSearchParams([['', text]]).toString().slice(1)],
    [`${what}, JSON`, JSON.stringify(text).slice(1, -1)],
    [`${what}, hex`, Buffer.from(text).toString('hex').slice(0, 32)],
    [`${what}, base64`, base64Core(text, 0)],
    [`${what}, base64 behind one byte`, base64Core(text, 1)],
    [`${what}, base64 behind two bytes`, base64Core(text, 2)],
  ]
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

export interface Searched {
  files: number
  bytes: number
  /** How much of each kind was there to be searched, by file name. */
  kinds: Readonly<Record<string, number>>
  /** One line per finding: the file, whose canary, in which form. Never the text. */
  findings: string[]
}

export function searchFolder(folder: string): Searched {
  const forms = formsOf(canaries())
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const kinds: Record<string, number> = {}
  let bytes = 0
  const findings = entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    kinds[entry.name] = (kinds[entry.name] ?? 0) + 1
    bytes += statSync(path).size
    return searchFile(path, forms).map((form) => `${path}: ${form.canary}, ${form.form}`)
  })
  return { files: entries.length, bytes, kinds, findings }
}

/** What a whole run must have left to be searched; without them the search would find nothing because there is nothing. */
const wholeRun = ['vitest.log', 'log.jsonl', 'rows.txt', 'answers.txt', 'output.log', 'postgres.log', 'pages.html']

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const folder = process.env.OWNKEY_TEST_LOGS
  if (!folder) {
    console.error('OWNKEY_TEST_LOGS names no folder to search.')
    process.exit(2)
  }
  const { files, bytes, kinds, findings } = searchFolder(folder)
  const missing = process.argv.includes('--whole-run') ? wholeRun.filter((name) => !kinds[name]) : []
  for (const line of findings) console.error(line)
  for (const name of missing) console.error(`No ${name} was left to be searched: the evidence is not complete.`)
  const list = Object.entries(kinds).map(([name, count]) => `${count} × ${name}`)
  console.log(`Canary search: ${list.join(', ')}; ${(bytes / 1e6).toFixed(1)} MB, ${findings.length} findings.`)
  process.exitCode = findings.length === 0 && missing.length === 0 && files > 0 ? 0 : 1
}
