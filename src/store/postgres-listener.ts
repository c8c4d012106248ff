import pg from 'pg'
import { asDatabaseError } from './database-error.ts'

type Heard = (payload: string) => void

export interface Listener {
  listen(channel: string, heard: Heard): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** Milliseconds between two proofs that the connection still lives: a connection cut silently tells nobody. */
const pulseMs = 2_000
const firstPauseMs = 100
const longestPauseMs = 5_000

/** A connection takes one query at a time. */
const turns = new WeakMap<pg.Client, Promise<unknown>>()

function ask(client: pg.Client, text: string): Promise<unknown> {
  const answer = (turns.get(client) ?? Promise.resolve()).then(() => client.query(text))
  turns.set(
    client,
    answer.catch(() => {}),
  )
  return answer
}

/** One connection for all channels, made with the first `listen`, made anew whenever it breaks. */
export function createListener(settings: pg.ClientConfig): Listener {
  const channels = new Map<string, Set<Heard>>()
  let client: pg.Client | undefined
  let connecting: Promise<pg.Client> | undefined
  let pulse: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let closed = false

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({ ...settings, query_timeout: pulseMs })
    fresh.on('error', () => lose(fresh))
    fresh.on('end', () => lose(fresh))
    fresh.on('notification', ({ channel, payload }) => {
      for (const heard of channels.get(channel) ?? []) heard(payload ?? '')
    })
    try {
      await fresh.connect()
      for (const channel of channels.keys()) await ask(fresh, `listen ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      fresh.end().catch(() => {})
      throw error
    }
    client = fresh
    pulse = setInterval(() => void ask(fresh, 'select 1').catch(() => lose(fresh)), pulseMs).unref()
    return fresh
  }

  function connected(): Promise<pg.Client> {
    if (client) return Promise.resolve(client)
    connecting ??= connect().finally(() => {
      connecting = undefined
    })
    return connecting
  }

  function lose(lost: pg.Client): void {
    if (client !== lost) return
    client = undefined
    clearInterval(pulse)
    lost.end().catch(() => {})
    reconnect(firstPauseMs)
  }

  function reconnect(pauseMs: number): void {
    if (closed || channels.size === 0) return
    clearTimeout(retry)
    retry = setTimeout(
      () => void connected().catch(() => reconnect(Math.min(pauseMs * 2, longestPauseMs))),
      pauseMs,
    ).unref()
  }

  return {
    async listen(channel, heard) {
      const hearing = channels.get(channel) ?? new Set()
      channels.set(channel, hearing.add(heard))
      try {
        await ask(await connected(), `listen ${pg.escapeIdentifier(channel)}`)
      } catch (error) {
        hearing.delete(heard)
        throw asDatabaseError(error)
      }
      return async () => {
        hearing.delete(heard)
      }
    },
    async close() {
      closed = true
      clearInterval(pulse)
      clearTimeout(retry)
      await connecting?.catch(() => {})
      await client?.end().catch(() => {})
    },
  }
}
