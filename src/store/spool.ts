import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Lines that must survive the death of the process until the database has them. */
export interface Spool {
  /** Written at the end of this turn of the event loop, together with all that is appended in it: one system call. */
  append(text: string): void
  /**
   * Calls back when all that was appended is in the operating system's hands: from then on a killed process loses nothing
   * of it (a power failure may). At once when nothing waits.
   */
  whenWritten(then: () => void): void
  /** Called when a batch is taken: lines from here on belong to the next one. */
  beginBatch(): void
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
const filePattern = /^(\d+)-([0-9a-z]+)-[ab]\.spool$/

export interface SpoolOptions {
  folder: string
  node: string
  /** A full disk: the lines are not kept, and whoever waited goes on, because the database still gets them. */
  onError(error: unknown): void
}

/**
 * Two files in turn. Batches are written to the database one after the other, so when a batch is taken the one before it
 * is committed, and with it everything in the file that is not being written. Lines that are committed already may be
 * left standing for a while: replaying them changes nothing.
 */
export function openSpool({ folder, node, onError }: SpoolOptions): Spool {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const paths = ['a', 'b'].map((turn) => join(folder, `${process.pid}-${node}-${turn}.spool`))
  const files = paths.map((path) => ({ descriptor: openSync(path, 'a', 0o600), bytes: 0 }))
  let current = 0
  let soon = ''
  let waiting: (() => void)[] = []
  let closed = false

  function file(at: number) {
    return files[at] as { descriptor: number; bytes: number }
  }

  function truncate(at: number): void {
    ftruncateSync(file(at).descriptor, 0)
    file(at).bytes = 0
  }

  function write(): void {
    const lines = soon
    soon = ''
    if (lines === '' || closed) return
    try {
      file(current).bytes += writeSync(file(current).descriptor, lines)
    } catch (error) {
      onError(error)
    }
  }

  function endTurn(): void {
    const called = waiting
    waiting = []
    write()
    for (const then of called) then()
  }

  return {
    append(text) {
      if (soon === '') setImmediate(endTurn)
      soon += text
    },
    whenWritten(then) {
      if (soon === '') then()
      else waiting.push(then)
    },
    beginBatch() {
      write()
      if (file(current).bytes < truncateBytes) return
      current = 1 - current
      truncate(current)
    },
    clear() {
      for (const at of [0, 1]) if (file(at).bytes > truncateBytes) truncate(at)
    },
    close(keep) {
      write()
      closed = true
      for (const { descriptor } of files) closeSync(descriptor)
      if (!keep) for (const path of paths) rmSync(path, { force: true })
    },
  }
}

/** Spools of processes that no longer live. The files of living ones, and anything else in the folder, are left alone. */
export function findOrphanedSpools(
  folder: string,
  isAlive: (pid: number) => boolean = processIsAlive,
): OrphanedSpool[] {
  const byNode = new Map<string, string[]>()
  for (const name of listFolder(folder)) {
    const [, pid, node] = filePattern.exec(name) ?? []
    if (pid === undefined || node === undefined || isAlive(Number(pid))) continue
    const others = byNode.get(node) ?? []
    byNode.set(node, [...others, join(folder, name)])
  }
  return [...byNode].map(([node, paths]) => ({
    node,
    // The last line may have been cut off in the middle; it is not one.
    lines: paths.flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(0, -1)),
    remove() {
      for (const path of paths) rmSync(path, { force: true })
    },
  }))
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function processIsAlive(pid: number): boolean {
  // Our own number on another process's file: that process had the same number before us, as in a container.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
