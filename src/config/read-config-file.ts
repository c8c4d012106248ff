import { isUtf8 } from 'node:buffer'
import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from './config-problem.ts'

/** A configuration of a thousand plans has less. */
const longest = 16 * 1024 * 1024

/** What keeps a file from being read, by the system's code. */
const reasons: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  ENOENT: ['There is no such file.', 'Check the path and its permissions.'],
  EISDIR: ['This is a directory.', 'Name the file in it.'],
  EACCES: ['The file cannot be read by this user.', 'Give the user that runs the server the right to read it.'],
}
const unknownReason = ['The file cannot be read.', 'Check the path and its permissions.'] as const

/** The text of a configuration file. @throws {ConfigError} */
export function readConfigFile(file: string): string {
  const bytes = readBytes(file)
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw problem(file, {
    line: isUtf16(bytes) ? 1 : firstForeignLine(bytes),
    message: isUtf16(bytes) ? 'The file is written in UTF-16.' : 'This line is not written in UTF-8.',
    expected: 'text in UTF-8',
    fix: 'Save the file as UTF-8 in your editor.',
  })
}

function readBytes(file: string): Buffer {
  try {
    const { size } = statSync(file)
    if (size <= longest) return readFileSync(file)
  } catch (error) {
    const [message, fix] = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? unknownReason
    throw problem(file, { message, expected: 'a readable YAML file', fix })
  }
  throw problem(file, {
    message: `The file has more than ${longest / 1024 / 1024} MB.`,
    expected: 'a configuration',
    fix: 'Check the path: this is another file.',
  })
}

interface Said {
  line?: number
  message: string
  expected: string
  fix: string
}

function problem(file: string, { line = 1, ...said }: Said): ConfigError {
  return new ConfigError([{ file, line, column: 1, path: '', ...said }])
}

function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.subarray(0, 2).toString('hex')
  return mark === 'fffe' || mark === 'feff'
}

function firstForeignLine(bytes: Buffer): number {
  let line = 1
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from)
    const next = end === -1 ? bytes.length : end + 1
    if (!isUtf8(bytes.subarray(from, next))) break
    from = next
  }
  return line
}
