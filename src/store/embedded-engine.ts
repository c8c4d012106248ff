import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { OwnkeyError } from '../contract/index.ts'

/** The embedded database's thread, as bytes in and bytes out. */
export interface EmbeddedEngine {
  exchange(messages: Uint8Array): Promise<Uint8Array>
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

/** A first start takes about four seconds of work; more than this is a database that hangs. */
const startLimitMs = 60_000

/** Starts the thread on `directory`, which is made when it is not there and never emptied or repaired. */
export async function startEngine(directory: string): Promise<EmbeddedEngine> {
  const worker = new Worker(new URL('./embedded-worker.js', import.meta.url), {
    workerData: { directory },
    // What the database prints about a broken directory is for its developers; ours is the sentence below.
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
  return converse(worker)
}

function started(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => settle(new Error('it did not start in time')), startLimitMs)
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

function unreadable(directory: string, cause: Error): OwnkeyError {
  return new OwnkeyError('unavailable', {
    detail: `The embedded database in ${directory} cannot be opened (${cause.message}). Nothing in it was changed or deleted.`,
    fix: 'Put back a backup of the data directory, or move it away to start with an empty database; use PostgreSQL (DATABASE_URL) where data matters.',
    cause,
  })
}

function converse(worker: Worker): EmbeddedEngine {
  let waiting: Waiting | undefined
  let broken: OwnkeyError | undefined
  let closed = false
  const fail = (reason: string) => {
    if (closed) return
    broken ??= new OwnkeyError('unavailable', {
      detail: `The embedded database stopped (${reason}).`,
      fix: 'Start the server again; no acknowledged change is lost.',
    })
    waiting?.reject(broken)
    waiting = undefined
  }
  worker.on('message', ({ bytes, failure }: Answer) => {
    if (!bytes) return fail(failure ?? 'no answer')
    waiting?.resolve(bytes)
    waiting = undefined
  })
  worker.on('error', (error) => fail(error.message))
  worker.on('exit', () => fail('its thread ended'))
  return {
    exchange(messages) {
      if (broken) return Promise.reject(broken)
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        worker.postMessage(messages)
      })
    },
    async close() {
      closed = true
      if (broken) return void (await worker.terminate())
      const ended = once(worker, 'exit')
      worker.postMessage('close')
      await ended
    },
  }
}
