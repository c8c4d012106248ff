import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { OwnkeyError } from '../contract/index.ts'
import { makeFolder } from './make-folder.ts'

/** Lines that must survive the death of the process until the database has them. */
export interface Spool {
  /** A line, copied; written at the end of this turn of the event loop with all others of it: one system call. */
  append(bytes: Buffer, from: number, to: number): void
  /**
   * Calls back when all that was appended is in the operating system's hands: from then on a killed process loses nothing
   * of it (a power failure may). At once when nothing waits.
   */
  whenWritten(then: () => void): void
  /** Called when a batch is taken: the numbers of the last batch that the database has, and of the last that has lines. */
  beginBatch(numbers: { written: number; newest: number }): void
  /** Called when nothing that was ever appended is still needed. */
  clear(): void
  /** @param keep leaves the files for the next start. */
  close(keep: boolean): void
}

/** What a dead process left: its lines, and a way to remove them once they are in the database. */
export interface OrphanedSpool {
  /** The node that the process was in the ledger. */
  node: string
  lines: string[]
  remove(): void
}

/** A file is truncated only beyond this, so that a quiet server does not pay a system call for each batch. */
const truncateBytes = 256 * 1024
const bytesInOneTurn = 64 * 1024
const newline = 0x0a
const filePattern = /^(\d+)-([0-9a-z]+)-[ab]\.spool$/
/** What the database refused, until the next start tries it again. */
const refusedName = 'refused.spool'

export interface SpoolOptions {
  folder: string
  node: string
  /** A full disk: the lines are not kept, and whoever waited goes on, because the database still gets them. */
  onError(error: unknown): void
}

interface SpoolFile {
  descriptor: number
  bytes: number
  /** Number of the last batch that has lines in it. */
  newest: number
  /** Its last line was begun and not finished. */
  torn: boolean
}

/**
 * Writes to two files in turn. The other one is emptied, and becomes the next to be written, once every batch with lines in it is in
 * the database. Lines that are in the database already may stay for a while, because replaying them changes nothing.
 */
export function openSpool({ folder, node, onError }: SpoolOptions): Spool {
  makeFolder(folder)
  const paths = ['a', 'b'].map((turn) => join(folder, `${process.pid}-${node}-${turn}.spool`))
  let [current, other] = paths.map(openFile) as [SpoolFile, SpoolFile]
  const soon = Buffer.allocUnsafeSlow(bytesInOneTurn)
  let soonBytes = 0
  let isTurnEnding = false
  let waiting: (() => void)[] = []
  let closed = false

  function write(bytes: Buffer, to: number): void {
    if (to === 0 || closed) return
    try {
      writeAll(current, bytes, to)
    } catch (error) {
      onError(error)
    }
  }

  function writeSoon(): void {
    const bytes = soonBytes
    soonBytes = 0
    write(soon, bytes)
  }

  function endTurn(): void {
    isTurnEnding = false
    const called = waiting
    waiting = []
    writeSoon()
    for (const then of called) then()
  }

  return {
    append(bytes, from, to) {
      if (to - from > bytesInOneTurn - soonBytes) writeSoon()
      if (to - from > bytesInOneTurn) return write(bytes.subarray(from, to), to - from)
      soonBytes += bytes.copy(soon, soonBytes, from, to)
      if (isTurnEnding) return
      isTurnEnding = true
      setImmediate(endTurn)
    },
    whenWritten(then) {
      if (soonBytes === 0) then()
      else waiting.push(then)
    },
    beginBatch({ written, newest }) {
      writeSoon()
      current.newest = newest
      if (current.bytes < truncateBytes || other.newest > written) return
      empty(other)
      ;[current, other] = [other, current]
    },
    clear() {
      for (const file of [current, other]) if (file.bytes > truncateBytes) empty(file)
    },
    close(keep) {
      writeSoon()
      closed = true
      for (const { descriptor } of [current, other]) closeSync(descriptor)
      if (!keep) for (const path of paths) rmSync(path, { force: true })
    },
  }
}

function openFile(path: string): SpoolFile {
  return { descriptor: openSync(path, 'a', 0o600), bytes: 0, newest: 0, torn: false }
}

function empty(file: SpoolFile): void {
  ftruncateSync(file.descriptor, 0)
  file.bytes = 0
  file.torn = false
}

/** One system call, unless the disk has room for a part only: the next one then says why. */
function writeAll(file: SpoolFile, bytes: Buffer, to: number): void {
  // What comes next must not be glued to half a line, or both would be lost.
  if (file.torn) file.bytes += writeSync(file.descriptor, '\n')
  file.torn = false
  for (let at = 0; at < to; ) {
    const written = writeSync(file.descriptor, bytes, at, to - at)
    at += written
    file.bytes += written
    file.torn = at < to && bytes[at - 1] !== newline
  }
}

/** Keeps a line that the database refuses, where people find it and the next start tries it again. */
export function keepRefusedLine(folder: string, line: string): void {
  appendFileSync(join(folder, refusedName), `${line}\n`, { mode: 0o600 })
}

/** @throws OwnkeyError `unavailable` when they cannot be read */
export function countRefusedLines(folder: string): number {
  return readThere(join(folder, refusedName)).length
}

/** Of several processes that start at once, one gets them. */
function takeRefusedLines(folder: string): void {
  const own = join(folder, `${process.pid}-${randomBytes(13).toString('hex')}-a.spool`)
  const refused = join(folder, refusedName)
  ifThere(refused, () => renameSync(refused, own))
}

/**
 * Spools of processes that no longer live, and what was refused. The files of living ones, and anything else in the folder, are left alone.
 * @throws OwnkeyError `unavailable` when what is there cannot be read
 */
export function findOrphanedSpools(
  folder: string,
  isAlive: (pid: number) => boolean = processIsAlive,
): OrphanedSpool[] {
  takeRefusedLines(folder)
  const byNode = new Map<string, string[]>()
  for (const name of listFolder(folder)) {
    const [, pid, node] = filePattern.exec(name) ?? []
    if (pid === undefined || node === undefined || isAlive(Number(pid))) continue
    const others = byNode.get(node) ?? []
    byNode.set(node, [...others, join(folder, name)])
  }
  return [...byNode].map(([node, paths]) => ({
    node,
    lines: paths.flatMap(readThere),
    remove() {
      for (const path of paths) rmSync(path, { force: true })
    },
  }))
}

function listFolder(folder: string): string[] {
  return ifThere(folder, () => readdirSync(folder)) ?? []
}

/** The lines of a file, none where another process was quicker to write and remove them. A last one that was cut off in the middle is not one. */
function readThere(path: string): string[] {
  return ifThere(path, () => readFileSync(path, 'utf8').split('\n').slice(0, -1)) ?? []
}

function ifThere<Found>(path: string, look: () => Found): Found | undefined {
  try {
    return look()
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException
    if (/^ENO(ENT|TDIR)$/.test(code)) return undefined
    throw new OwnkeyError('unavailable', {
      detail: `${path} cannot be read (${code}). It may hold entries of the ledger that the database does not have yet.`,
      fix: 'Give the data folder with all that is in it to the user that runs the server.',
    })
  }
}

function processIsAlive(pid: number): boolean {
  // A spool with our own pid is of a dead process that had the same pid, as happens in containers.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
