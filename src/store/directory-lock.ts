import { linkSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { OwnkeyError } from '../contract/index.ts'

/** Who holds the directory. A pid alone is not enough: it is used again after a while, and in every container. */
interface Owner {
  pid: number
  host: string
  /** The start time of the process within this boot, where the system tells it. */
  started?: string | undefined
}

/** How often the owner touches the file; an owner on another machine is taken for dead after `silentMs` without a touch. */
const touchMs = 5_000
const silentMs = 20_000

/**
 * Takes `<dataDir>/lock`, which names its owner; a lock whose owner is gone is taken over. Answers with the release.
 * @throws OwnkeyError `unavailable` when another server holds the directory, or nothing can be written to it.
 */
export function lockDirectory(dataDir: string): () => void {
  const file = join(dataDir, 'lock')
  const mine = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
  writeOwner(mine, dataDir)
  try {
    while (!claim(mine, file)) removeStale(file, dataDir)
  } finally {
    unlinkSync(mine)
  }
  const touch = setInterval(() => touchFile(file), touchMs).unref()
  return () => {
    clearInterval(touch)
    if (readOwner(file)?.pid === process.pid) unlinkSync(file)
  }
}

function writeOwner(file: string, dataDir: string): void {
  try {
    writeFileSync(file, JSON.stringify(describe(process.pid)), { mode: 0o600 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new OwnkeyError('unavailable', {
      detail: `The data directory ${dataDir} cannot be written to (${code}).`,
      fix:
        code === 'ENOSPC'
          ? 'Make room on its disk and start again; no acknowledged change is lost.'
          : 'Give it to the user that runs this, or set OWNKEY_DATA_DIR to a directory that this user may write.',
    })
  }
}

/** A link is made whole or not at all, so nobody ever reads half a lock. */
function claim(mine: string, file: string): boolean {
  try {
    linkSync(mine, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    return claimByCopy(mine, file)
  }
}

/** For file systems without links; a reader may then meet half a lock for an instant, and takes it for a stale one. */
function claimByCopy(mine: string, file: string): boolean {
  try {
    writeFileSync(file, readFileSync(mine), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function removeStale(file: string, dataDir: string): void {
  const owner = readOwner(file)
  if (owner && isAlive(owner, file)) throw inUse(owner, dataDir)
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    // Another server was faster; who it is, the next round tells.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const moved = readOwner(aside)
  // Between reading and renaming somebody may have taken it over: then what was moved is theirs, and goes back.
  if (moved && isAlive(moved, aside)) claim(aside, file)
  unlinkSync(aside)
}

function readOwner(file: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as Partial<Owner>
    return typeof owner.pid === 'number' && typeof owner.host === 'string' ? (owner as Owner) : undefined
  } catch {
    return undefined
  }
}

function isAlive(owner: Owner, file: string): boolean {
  if (owner.host !== hostname()) return Date.now() - modifiedAt(file) < silentMs
  if (!runs(owner.pid)) return false
  return owner.started === undefined || owner.started === describe(owner.pid).started
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function describe(pid: number): Owner {
  return { pid, host: hostname(), started: startTime(pid) }
}

/** Boot and clock tick at which the process began; undefined where there is no /proc. */
function startTime(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The name in parentheses may hold anything; the start time is the 20th field behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
    return fields?.[19] && `${boot}/${fields[19]}`
  } catch {
    return undefined
  }
}

function modifiedAt(file: string): number {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}

function touchFile(file: string): void {
  const now = new Date()
  try {
    utimesSync(file, now, now)
  } catch {
    // The directory may have been taken away under us; the database will say so.
  }
}

function inUse(owner: Owner, dataDir: string): OwnkeyError {
  const where = owner.host === hostname() ? `process ${owner.pid}` : `process ${owner.pid} on ${owner.host}`
  return new OwnkeyError('unavailable', {
    detail: `Another Ownkey server (${where}) uses the data directory ${dataDir}.`,
    fix: 'Stop that server, give this one another OWNKEY_DATA_DIR, or use PostgreSQL (DATABASE_URL) to run several.',
    facts: { heldBy: owner.pid },
  })
}
