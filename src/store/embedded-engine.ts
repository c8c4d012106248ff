import { once } from 'node:events'
import { accessSync, constants, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OwnkeyError } from '../contract/index.ts'

/** The embedded database's thread, as bytes in and bytes out. */
export interface EmbeddedEngine {
  exchange(messages: Uint8Array): Promise<Uint8Array>
  /** Why it has stopped for good; undefined: it works. */
  readonly failure: OwnkeyError | undefined
  close(): Promise<void>
}

interface Answer {
  ready?: true
  bytes?: Uint8Array
  failure?: string
}

interface Waiting {
  resolve(bytes: Uint8Array): void
  reject(error: Error): void
}

/** A first start takes about four seconds of work, on a busy machine a minute; more than this is a database that hangs. */
const startLimitMs = 180_000
const tooSlow = 'it did not start in time'

/** Starts the thread on `directory`, which is made when it is not there and never emptied or repaired. */
export async function startEngine(directory: string): Promise<EmbeddedEngine> {
  const worker = new Worker(new URL('./embedded-worker.js', import.meta.url), {
    workerData: { directory },
    // Kept off the terminal: what the database prints is for its developers. The error below says what users need.
    stdout: true,
    stderr: true,
  })
  worker.stdout.resume()
  worker.stderr.resume()
  try {
    await started(worker)
  } catch (error) {
    await worker.terminate()
    throw unreadable(directory, error as Error)
  }
  return converse(worker, directory)
}

function started(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => settle(new Error(tooSlow)), startLimitMs)
    const settle = (error?: Error) => {
      clearTimeout(limit)
      worker.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit')
      error ? reject(error) : resolve()
    }
    worker.on('message', ({ ready, failure }: Answer) =>
      settle(ready ? undefined : new Error(failure ?? 'it did not start')),
    )
    worker.on('error', settle)
    worker.on('exit', () => settle(new Error('it stopped while starting')))
  })
}

/** Recovery writes, too: PostgreSQL makes its log in files of 16 MB. */
const roomToStart = 32 * 1024 * 1024

function unreadable(directory: string, cause: Error): OwnkeyError {
  const free = freeBytes(directory)
  if (free !== undefined && free < roomToStart)
    return new OwnkeyError('unavailable', {
      detail: `The embedded database in ${directory} cannot be opened: its disk has ${Math.floor(free / 1024 / 1024)} MB left.`,
      fix: 'Make room on that disk and start again; no acknowledged change is lost.',
      cause,
    })
  const denied = whyClosed(directory)
  if (denied !== undefined)
    return new OwnkeyError('unavailable', {
      detail: `The embedded database in ${directory} cannot be opened: this user may not read and write its files (${denied}).`,
      fix: 'Give the data directory with all that is in it to the user that runs the server, on a disk that can be written.',
      cause,
    })
  return new OwnkeyError('unavailable', {
    detail: `The embedded database in ${directory} cannot be opened (${cause.message}). Nothing in it was changed or deleted.`,
    fix: `${cause.message === tooSlow ? 'Start it again when the machine is less busy. If it stays so: ' : ''}Put back a backup of the data directory, or move it away to start with an empty database; use PostgreSQL (DATABASE_URL) where data matters.`,
    cause,
  })
}

/** The system's code where the files belong to somebody else, or to a disk that takes no writes. */
function whyClosed(directory: string): string | undefined {
  try {
    for (const path of [directory, join(directory, 'PG_VERSION')]) accessSync(path, constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? undefined : code
  }
}

/** Much longer than any of the statements here takes. A statement that hangs in its thread can only be stopped with the thread. */
const answerLimitMs = 30_000

function freeBytes(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(directory))
    return bavail * bsize
  } catch {
    return undefined
  }
}

function converse(worker: Worker, directory: string): EmbeddedEngine {
  let waiting: Waiting | undefined
  let failure: OwnkeyError | undefined
  let limit: NodeJS.Timeout | undefined
  let closed = false
  const fail = (reason: string, diskFull = false) => {
    if (closed) return
    failure ??= stopped(reason, { directory, diskFull })
    waiting?.reject(failure)
    waiting = undefined
    clearTimeout(limit)
    // After a panic its thread would only spin.
    void worker.terminate()
  }
  worker.on('message', ({ bytes, failure: reason }: Answer) => {
    if (!bytes) return fail(reason ?? 'no answer')
    const panic = readPanic(bytes)
    if (panic)
      return fail(panic.message, panic.code === diskFullCode || /No space left|File too large/.test(panic.message))
    clearTimeout(limit)
    waiting?.resolve(bytes)
    waiting = undefined
  })
  worker.on('error', (error) => fail(error.message))
  worker.on('exit', () => fail('its thread ended'))
  return {
    get failure() {
      return failure
    },
    exchange(messages) {
      if (failure) return Promise.reject(failure)
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        limit = setTimeout(() => fail('it does not answer'), answerLimitMs)
        worker.postMessage(messages)
      })
    },
    async close() {
      closed = true
      clearTimeout(limit)
      if (failure) return void (await worker.terminate())
      const ended = once(worker, 'exit')
      const late = setTimeout(() => void worker.terminate(), answerLimitMs)
      worker.postMessage('close')
      await ended
      clearTimeout(late)
    },
  }
}

function stopped(reason: string, { directory, diskFull }: { directory: string; diskFull: boolean }): OwnkeyError {
  return new OwnkeyError('unavailable', {
    detail: diskFull
      ? `The embedded database stopped: the disk of ${directory} is full.`
      : `The embedded database stopped (${reason}).`,
    fix: `${diskFull ? 'Make room on that disk and start' : 'Start'} the server again; no acknowledged change is lost.`,
  })
}

const diskFullCode = '53100'
const errorLetter = 'E'.charCodeAt(0)

/**
 * Finds a PANIC or FATAL error in an answer. After one, a PostgreSQL server would restart itself; a database inside a thread cannot,
 * and would never answer again.
 */
function readPanic(bytes: Uint8Array): { code: string; message: string } | undefined {
  const answer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at + 5 <= answer.length; at += 1 + answer.readUInt32BE(at + 1)) {
    if (answer[at] !== errorLetter) continue
    const fields = answer.toString('utf8', at + 5, at + 1 + answer.readUInt32BE(at + 1)).split('\0')
    const field = (letter: string) => fields.find((one) => one.startsWith(letter))?.slice(1) ?? ''
    if (/^(PANIC|FATAL)$/.test(field('V'))) return { code: field('C'), message: field('M') }
  }
  return undefined
}
