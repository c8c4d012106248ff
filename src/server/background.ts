import { type ControlOptions, createNoticeSweep, dropEnded } from '../control/index.ts'
import type { Gateway } from '../gateway/index.ts'
import { deleteStragglers } from '../store/index.ts'
import { dropExpiredVersions } from '../vault/index.ts'
import { createDispatcher } from '../webhooks/index.ts'
import type { LiveConfig } from './live-config.ts'
import type { Log } from './log.ts'
import { createSendOutside } from './send-outside.ts'
import { version } from './version.ts'

export interface BackgroundOptions {
  control: ControlOptions
  gateway: Gateway
  live: LiveConfig
  log: Log
}

const sweepEveryMs = 30_000

/** What every node does beside requests, sharing it with the others through the database. */
export function startBackground({ control, gateway, live, log }: BackgroundOptions): { close(): Promise<void> } {
  const { database } = control
  const dispatcher = createDispatcher({
    database,
    endpoints: () => live.current().config.webhooks,
    send: async (request) => (await sendOutside(request)).status,
    onTrouble: (error) => log.warn('webhooks_not_delivered', { error }),
    version,
  })
  const sendOutside = createSendOutside(gateway.egress)
  const sweep = createNoticeSweep(control)
  let sweeping: Promise<void> | undefined
  const run = async () => {
    await dropExpiredVersions(database)
    await dropEnded(database)
    await database.transaction(deleteStragglers)
    await sweep.run()
  }
  const timer = setInterval(() => {
    sweeping ??= run()
      .catch((error) => log.warn('sweep_failed', { error }))
      .finally(() => {
        sweeping = undefined
      })
  }, sweepEveryMs).unref()
  return {
    async close() {
      clearInterval(timer)
      await sweeping
      await dispatcher.close()
    },
  }
}
