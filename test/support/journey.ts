/** What most journeys begin with: a server whose five providers are one scripted upstream, and an organization with keys. */
import { canaryKeys, canaryPlatformKey } from './canary.ts'
import { type OwnkeyOptions, type RunningOwnkey, startOwnkey } from './running-server.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'

export const fiveProviders = ['openai', 'anthropic', 'gemini', 'elevenlabs', 'sarvam'] as const
export type FiveProvider = (typeof fiveProviders)[number]

/** Plans differ in what happens when the own key fails. Keys are saved without a test, so that any key can be saved. */
export function journeyConfig(origin: string, more: object = {}): object {
  const provider = { platformKey: canaryPlatformKey, baseUrl: origin }
  return {
    providers: Object.fromEntries(fiveProviders.map((id) => [id, provider])),
    features: { assistant: { title: 'Assistant' } },
    plans: {
      standard: { verify: 'format_only', fallback: { mode: 'never' } },
      falling: { verify: 'format_only', fallback: { mode: 'always' } },
      required: { verify: 'format_only', providers: { '*': 'required' }, fallback: { mode: 'always' } },
    },
    ...more,
  }
}

export interface Journey {
  ownkey: RunningOwnkey
  upstream: Upstream
  /**
   * An organization of its own with a canary key for each of the five providers, so that nothing is known of them yet.
   * @returns its id and an access token for it
   */
  newOrg(plan?: string): Promise<{ org: string; token: string }>
  close(): Promise<void>
}

export interface JourneyOptions extends Omit<OwnkeyOptions, 'config'> {
  /** Merged over `journeyConfig`. */
  more?: object
  upstream?: UpstreamOptions
}

export async function startJourney({
  more,
  upstream: upstreamOptions,
  ...options
}: JourneyOptions = {}): Promise<Journey> {
  const upstream = await startUpstream(upstreamOptions)
  const ownkey = await startOwnkey({ ...options, config: journeyConfig(upstream.origin, more) })
  let orgs = 0
  return {
    ownkey,
    upstream,
    async newOrg(plan = 'standard') {
      const org = `org-${++orgs}`
      await ownkey.putOrg(org, { plan })
      await Promise.all(fiveProviders.map((id) => ownkey.putKey(org, id, canaryKeys[id])))
      return { org, token: await ownkey.token({ org, feature: 'assistant' }) }
    },
    async close() {
      await ownkey.close()
      await upstream.close()
    },
  }
}
