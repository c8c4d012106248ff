import { OwnkeyError } from '../contract/index.ts'

export interface SilenceWatchParts {
  /** Asks the server something over a connection of its own; rejects when no answer comes in time. */
  probe(): Promise<void>
  /** Milliseconds that something may take before it is asked whether the server is there at all. Default 900. */
  patienceMs?: number | undefined
  now?: (() => number) | undefined
}

export interface SilenceWatch {
  /**
   * Waits for `work` as long as the server shows that it lives, however long that is; gives up when it does not.
   * @throws OwnkeyError `unavailable`, at once while the server is known to be silent; the connection is then to be thrown away
   */
  during<T>(work: () => Promise<T>): Promise<T>
  close(): void
}

interface Pending {
  since: number
  giveUp(): void
}

const lookEveryMs = 200
const probeAgainMs = 500

/**
 * Tells a dead database server from a slow one. A server that is stopped, frozen or cut off by the network does not say so: it looks
 * like one that takes long. So when a statement takes long, the server is asked something else over a new connection. If that is
 * not answered either, those who wait are told within two seconds, instead of after the half minute that a statement may take.
 * While the server is silent, nothing waits for it; it is asked again until it answers.
 */
export function createSilenceWatch({
  probe,
  patienceMs = 900,
  now = performance.now.bind(performance),
}: SilenceWatchParts): SilenceWatch {
  const pending = new Set<Pending>()
  /** When the server was last heard of, by whatever answer. */
  let heardAt = now()
  let silent = false
  let probing = false
  let closed = false
  const timer = setInterval(look, lookEveryMs).unref()

  function look(): void {
    if (probing || silent || pending.size === 0) return
    let oldest = Number.POSITIVE_INFINITY
    for (const { since } of pending) if (since < oldest) oldest = since
    if (now() - Math.max(oldest, heardAt) >= patienceMs) void ask()
  }

  async function ask(): Promise<void> {
    probing = true
    const begun = now()
    const answered = await probe().then(
      () => true,
      () => false,
    )
    probing = false
    if (answered) {
      heardAt = now()
      silent = false
    }
    // Something else was answered meanwhile: the server lives, and it is this process that is slow.
    else if (heardAt < begun || silent) fallSilent()
  }

  function fallSilent(): void {
    silent = true
    for (const one of [...pending]) one.giveUp()
    if (!closed) setTimeout(() => void ask(), probeAgainMs).unref()
  }

  return {
    async during(work) {
      if (silent) throw silence()
      let one: Pending | undefined
      const givenUp = new Promise<never>((_, reject) => {
        one = { since: now(), giveUp: () => reject(silence()) }
        pending.add(one)
      })
      try {
        const result = await Promise.race([work(), givenUp])
        heardAt = now()
        return result
      } finally {
        pending.delete(one as Pending)
      }
    },
    close() {
      closed = true
      clearInterval(timer)
    },
  }
}

function silence(): OwnkeyError {
  return new OwnkeyError('unavailable', {
    detail: 'The database does not answer.',
    fix: 'Try again in a few seconds; if it stays so, check the database server.',
    retryAfterSeconds: 2,
  })
}
