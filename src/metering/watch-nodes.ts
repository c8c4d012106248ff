import { countNodes, type Database, keepNodeAlive, nodesChannel } from '../store/index.ts'

export interface NodesParts {
  database: Database
  node: string
  deadAfterMs: number
  /** Told with every count: the living nodes, this one among them. */
  onNodes(nodes: number): void
}

export interface NodesWatch {
  /** Says that this node lives, and counts. */
  beat(): Promise<void>
  stop(): Promise<void>
}

/**
 * Knows how many nodes write these books. A node that starts tells the others, and it listens before it counts; so of two nodes that
 * start at the same moment, each either counts the other or hears of it. If a notification is lost, the next beat counts again.
 */
export function watchNodes({ database, node, deadAfterMs, onNodes }: NodesParts): NodesWatch {
  let listening: Promise<() => Promise<void>> | undefined
  let counting: Promise<void> | undefined
  let isOutdated = false

  function listen(): Promise<unknown> {
    listening ??= database.listen(nodesChannel, heard)
    return listening.catch(() => {
      // Until it succeeds, the count is as old as the last beat.
      listening = undefined
    })
  }

  function heard(other: string): void {
    if (other === node) return
    if (counting === undefined) countLater()
    else isOutdated = true
  }

  function count(): Promise<void> {
    counting ??= countNodes(database, node, deadAfterMs)
      .then(onNodes)
      .finally(() => {
        counting = undefined
        if (isOutdated) countLater()
        isOutdated = false
      })
    return counting
  }

  function countLater(): void {
    // One that fails is made up for by the next beat.
    count().catch(() => {})
  }

  return {
    async beat() {
      await keepNodeAlive(database, node, deadAfterMs)
      await listen()
      await count()
    },
    async stop() {
      const stopListening = await listening?.catch(() => undefined)
      await stopListening?.()
      isOutdated = false
      await counting?.catch(() => {})
    },
  }
}
