import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { OwnkeyError } from '../contract/index.ts'
import { Secret } from '../crypto/index.ts'
import { makeFolder } from '../store/index.ts'

export interface GeneratedSecret {
  secret: Secret
  /** True when it was made by this call. */
  fresh: boolean
  path: string
}

/** Makes the data folder, readable by its owner alone. */
export function makeDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir)
  } catch (error) {
    throw unwritable(dataDir, error)
  }
}

/**
 * Reads a secret from the data folder, or makes it there with mode 0600. It is written beside its place and linked into
 * it, so a crash never leaves half a secret and of two processes that start at once both get the same one.
 * @param make the text of a new one; default: 32 random bytes in base64
 */
export function generatedSecret(dataDir: string, name: string, make = randomSecret): GeneratedSecret {
  makeDataDir(dataDir)
  const path = join(dataDir, name)
  const found = readSecret(path)
  if (found) return { secret: found, fresh: false, path }
  const beside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    const file = openSync(beside, 'wx', 0o600)
    writeSync(file, `${make()}\n`)
    fsyncSync(file)
    closeSync(file)
    linkSync(beside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(dataDir, error)
  } finally {
    rmSync(beside, { force: true })
  }
  const secret = readSecret(path)
  if (!secret)
    throw new OwnkeyError('unavailable', { detail: `${path} is empty.`, fix: 'Remove the empty file and start again.' })
  return { secret, fresh: true, path }
}

function readSecret(path: string): Secret | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim()
    // Not where it is so already: a disk that takes no writes refuses even that.
    if ((statSync(path).mode & 0o777) !== 0o600) chmodSync(path, 0o600)
    return text === '' ? undefined : new Secret(text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new OwnkeyError('unavailable', {
      detail: `${path} cannot be read (${code ?? 'unknown reason'}).`,
      fix: 'Give the file to the user that runs the server.',
    })
  }
}

function unwritable(dataDir: string, error: unknown): OwnkeyError {
  const { code = 'unknown reason' } = error as NodeJS.ErrnoException
  if (inTheWay.has(code))
    return new OwnkeyError('unavailable', {
      detail: `The data folder ${dataDir} cannot be made: there is a file in its place, or on the way to it.`,
      fix: 'Name another folder in OWNKEY_DATA_DIR, or move the file away.',
    })
  return new OwnkeyError('unavailable', {
    detail: `The data folder ${dataDir} cannot be written to (${code}).`,
    fix: 'Give the folder to the user that runs the server, make room on its disk, or name another one in OWNKEY_DATA_DIR.',
  })
}

/** A file where a folder should be, and one above it. */
const inTheWay: ReadonlySet<string> = new Set(['EEXIST', 'ENOTDIR'])

function randomSecret(): string {
  return randomBytes(32).toString('base64')
}
