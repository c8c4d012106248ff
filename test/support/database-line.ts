/** A line to PostgreSQL that tests cut, silence, or cut just behind a commit. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface DatabaseLine {
  /** The database's URL by way of this line. */
  url: string
  /** Bytes vanish in both directions, on open connections and new ones, and nobody is told: a cut cable. */
  silence(): void
  /** The same for those connections only that listen to notifications. @returns how many */
  silenceListeners(): number
  /** Every connection is reset and new ones are refused: a server that was stopped. */
  cut(): void
  /** From the next one on, so many commits reach the server, and the connection is cut before its answer comes back. */
  cutAfterCommits(count: number): void
  /** Commits that were cut so. */
  commitsCut(): number
  /** Everything passes again. */
  mend(): void
  close(): Promise<void>
}

interface Pair {
  near: Socket
  far: Socket
  listens: boolean
  silent: boolean
  /** What it sent last was a commit whose answer nobody is to hear. */
  doomed: boolean
}

export async function openDatabaseLine(databaseUrl: string): Promise<DatabaseLine> {
  const target = new URL(databaseUrl)
  const pairs = new Set<Pair>()
  /** Those in the middle of a transaction. */
  const inside = new Set<Pair>()
  const state = { mode: 'open' as 'open' | 'silent' | 'cut', commitsToCut: 0, commitsCut: 0 }
  const server = createServer((near) => {
    if (state.mode === 'cut') return void near.resetAndDestroy()
    const far = connect(Number(target.port || 5432), target.hostname)
    const pair: Pair = { near, far, listens: false, silent: state.mode === 'silent', doomed: false }
    pairs.add(pair)
    near.on('data', (bytes) => {
      if (bytes.includes('listen "')) pair.listens = true
      if (bytes.includes('begin\0')) inside.add(pair)
      if (state.commitsToCut > 0 && isCommit(bytes, inside.has(pair))) {
        state.commitsToCut--
        state.commitsCut++
        pair.doomed = true
      }
      if (bytes.includes('commit\0') || bytes.includes('rollback\0')) inside.delete(pair)
      if (!pair.silent) far.write(bytes)
    })
    far.on('data', (bytes) => {
      // The answer is the proof that the server has committed.
      if (pair.doomed) drop(pair)
      else if (!pair.silent) near.write(bytes)
    })
    for (const socket of [near, far]) socket.on('error', () => drop(pair)).on('close', () => drop(pair))
  })
  const drop = (pair: Pair) => {
    pairs.delete(pair)
    inside.delete(pair)
    pair.near.resetAndDestroy()
    pair.far.destroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    silence() {
      state.mode = 'silent'
      for (const pair of pairs) pair.silent = true
    },
    silenceListeners() {
      const listening = [...pairs].filter(({ listens }) => listens)
      for (const pair of listening) pair.silent = true
      return listening.length
    },
    cut() {
      state.mode = 'cut'
      for (const pair of [...pairs]) drop(pair)
    },
    cutAfterCommits(count) {
      state.commitsToCut = count
    },
    commitsCut: () => state.commitsCut,
    mend() {
      state.mode = 'open'
      state.commitsToCut = 0
      // What was silent has lost bytes: only a new connection is whole.
      for (const pair of [...pairs]) if (pair.silent) drop(pair)
    },
    close: () =>
      new Promise((resolve) => {
        for (const pair of [...pairs]) drop(pair)
        server.close(() => resolve())
      }),
  }
}

/** The commit of a transaction, or a writing statement of one batch, which commits by itself unless it stands in one. */
function isCommit(bytes: Buffer, inTransaction: boolean): boolean {
  return bytes.includes('commit\0') || (!inTransaction && bytes.includes('insert into entries ('))
}
