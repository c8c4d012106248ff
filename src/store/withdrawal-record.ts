import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { OwnkeyError } from '../contract/index.ts'
import { newline } from '../lib/index.ts'
import { makeFolder } from './make-folder.ts'
import type { WithdrawalRow } from './queries/index.ts'

/** The file outside the database with what was taken out of service: a line of JSON for each, oldest first. */
export interface WithdrawalRecord {
  path: string
  /** The newest; undefined: none, or there is no file yet. @throws OwnkeyError `unavailable` when it cannot be read */
  last(): WithdrawalRow | undefined
  /** Oldest first. @throws OwnkeyError `unavailable` when it cannot be read */
  all(): WithdrawalRow[]
  /** On the disk when it returns. @throws what the file system says */
  append(rows: readonly WithdrawalRow[]): void
  /** Begins anew with these; the old file stays whole until the new one is. @throws what the file system says */
  replace(rows: readonly WithdrawalRow[]): void
}

/** The end of a file of any size is in here: a line has some hundred bytes. */
const tailBytes = 64 * 1024

/** @param database what the file is named for: one folder can serve several databases */
export function withdrawalRecord({ folder, database }: { folder: string; database: string }): WithdrawalRecord {
  const path = join(folder, `withdrawals-${database}.jsonl`)
  return {
    path,
    last: () => readLines(path, tailBytes).at(-1) ?? readLines(path).at(-1),
    all: () => readLines(path),
    append(rows) {
      makeFolder(folder)
      const file = openSync(path, 'a+', 0o600)
      try {
        writeAll(file, `${endsInside(file) ? '\n' : ''}${textOf(rows)}`)
      } finally {
        closeSync(file)
      }
    },
    replace(rows) {
      makeFolder(folder)
      const beside = `${path}.new`
      const file = openSync(beside, 'w', 0o600)
      try {
        writeAll(file, textOf(rows))
      } finally {
        closeSync(file)
      }
      renameSync(beside, path)
    },
  }
}

function textOf(rows: readonly WithdrawalRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  fsyncSync(file)
}

/** A process that was killed while it wrote leaves half a line: the next begins behind it. */
function endsInside(file: number): boolean {
  const { size } = fstatSync(file)
  if (size === 0) return false
  const last = Buffer.alloc(1)
  readSync(file, last, 0, 1, size - 1)
  return last[0] !== newline
}

/** Whole lines only; one that was never finished was never kept. @param end bytes from the end; absent: all */
function readLines(path: string, end?: number): WithdrawalRow[] {
  let text: string
  try {
    text = end === undefined ? readFileSync(path, 'utf8') : readEnd(path, end)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw unreadable(path, code)
  }
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .flatMap((line) => readLine(line) ?? [])
}

function readEnd(path: string, bytes: number): string {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const length = Math.min(size, bytes)
    const buffer = Buffer.alloc(length)
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, length, size - length))
  } finally {
    closeSync(file)
  }
}

function readLine(line: string): WithdrawalRow | undefined {
  try {
    const { number, id, at, kind, target, version } = JSON.parse(line)
    if (typeof number !== 'number' || typeof id !== 'string' || typeof target !== 'string') return undefined
    return { number, id, at: new Date(at), kind, target, version: version ?? null }
  } catch {
    return undefined
  }
}

function unreadable(path: string, code: string | undefined): OwnkeyError {
  return new OwnkeyError('unavailable', {
    detail: `${path} cannot be read (${code ?? 'unknown reason'}), and it tells whether the database was put back to an older state.`,
    fix: 'Give the file to the user that runs the server.',
  })
}
