import { OwnkeyError } from '../contract/index.ts'

/** Gives the one session to one user after the other, in the order of asking. */
export type Lease = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Whoever waits longer is told so instead of waiting for ever: a transaction whose work asks the database itself, not
 * its `tx`, would wait for its own end.
 */
const longestWaitMs = 30_000

export function createLease(waitMs = longestWaitMs): Lease {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>) => {
    const turn = new Promise<T>((resolve, reject) => {
      let tired = false
      const limit = setTimeout(() => {
        tired = true
        reject(new OwnkeyError('unavailable', { detail: 'The embedded database is busy with a long transaction.' }))
      }, waitMs)
      last = last.then(async () => {
        clearTimeout(limit)
        if (!tired) await work().then(resolve, reject)
      })
    })
    return turn
  }
}
