import { changesChannel, type Database } from '../store/index.ts'

/** What a change is about: an organization, which may be deleted, or a token. */
interface Change {
  org?: string
  deleted?: boolean
  token?: string
}

const listenAgainMs = 1_000

/** Listens for changes, trying again until it works. Meanwhile the regular check (`revalidate`) finds changes, only later. */
export function hearChanges(
  database: Database,
  heard: (change: Change) => void,
): { started: Promise<void>; stop(): Promise<void> } {
  let stopped = false
  let wake = () => {}
  const listening = (async () => {
    while (!stopped) {
      try {
        return await database.listen(changesChannel, (payload) => heard(readChange(payload)))
      } catch {
        await new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, listenAgainMs).unref()
        })
      }
    }
    return undefined
  })()
  return {
    started: listening.then(() => {}),
    async stop() {
      stopped = true
      wake()
      await (await listening)?.()
    },
  }
}

function readChange(payload: string): Change {
  try {
    return JSON.parse(payload) as Change
  } catch {
    return {}
  }
}
