/** One sandbox server where each of many organizations brought the key of one provider, as the one dialect's journeys need. */
import OpenAI from 'openai'
import { type RunningOwnkey, startOwnkey } from './running-server.ts'

/** Public beginnings of each provider's keys, as people paste them. */
const prefixes: Readonly<Record<string, string>> = {
  openai: 'sk-proj-',
  anthropic: 'sk-ant-api03-',
  gemini: 'AIza',
  vertex: 'AQ.',
  groq: 'gsk_',
  mistral: '',
  deepseek: 'sk-',
  elevenlabs: 'sk_',
  sarvam: 'sk_',
  deepgram: '',
  xai: 'xai-',
  assemblyai: '',
  cohere: '',
}

export interface DialectServer {
  ownkey: RunningOwnkey
  /**
   * OpenAI's own client for a new organization that brought a key of this provider.
   * @param behaviour of the sandbox key; default `ok`
   */
  clientFor(provider: string, options?: ClientOptions): Promise<DialectClient>
  close(): Promise<void>
}
export interface ClientOptions {
  behaviour?: string
  plan?: string
  feature?: string
}
export interface DialectClient {
  org: string
  token: string
  openai: OpenAI
}

export async function startDialectServer(): Promise<DialectServer> {
  const ownkey = await startOwnkey({
    sandbox: true,
    config: {
      providers: { openai: { platformKey: 'sk-proj-sandbox-ok-platform-000000000000' } },
      features: {
        assistant: { title: 'Assistant' },
        search: { title: 'Search', capability: 'embeddings' },
        listening: { title: 'Listening', capability: 'speech_to_text' },
        speaking: { title: 'Speaking', capability: 'text_to_speech' },
      },
      plans: {
        standard: { verify: 'format_only', fallback: { mode: 'never' } },
        falling: { verify: 'format_only', fallback: { mode: 'always', provider: 'openai' } },
        gemini_only: {
          verify: 'format_only',
          providers: { gemini: 'optional', '*': 'unavailable' },
          fallback: { mode: 'never' },
        },
      },
    },
  })
  let orgs = 0
  return {
    ownkey,
    async clientFor(provider, { behaviour = 'ok', plan = 'standard', feature = 'assistant' } = {}) {
      const org = `${provider}-${++orgs}`
      await ownkey.putOrg(org, { plan })
      await ownkey.putKey(org, provider, `${prefixes[provider]}sandbox-${behaviour}-${'0'.repeat(30)}${orgs}`)
      const token = await ownkey.token({ org, feature })
      return { org, token, openai: new OpenAI({ apiKey: token, baseURL: `${ownkey.url}/v1`, maxRetries: 0 }) }
    },
    close: () => ownkey.close(),
  }
}
