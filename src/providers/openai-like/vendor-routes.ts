import { batchJob } from './jobs.ts'
import type { Route } from './surfaces.ts'
import { transcriptionUsage } from './usage.ts'

/** Routes that vendors of an OpenAI-compatible API have added to it, each one's own. */
export const vendorRoutes = {
  mistralBatches: [
    { name: 'batches', route: 'batch/jobs', model: 'anywhere', meters: 'none', job: batchJob },
    {
      name: 'batches',
      route: 'batch/jobs(?:/[^/]+){1,2}',
      model: 'anywhere',
      meters: 'tokens',
      isFree: true,
      job: batchJob,
    },
  ],
  fim: [
    {
      name: 'fill in the middle',
      capability: 'chat',
      method: 'POST',
      route: 'fim/completions',
      model: 'body',
      meters: 'tokens',
    },
  ],
  ocr: [{ name: 'ocr', method: 'POST', route: 'ocr', model: 'body', meters: 'none' }],
  agents: [
    {
      name: 'agents',
      capability: 'chat',
      method: 'POST',
      route: '(?:agents/completions|conversations)',
      model: 'body',
      meters: 'tokens',
    },
  ],
  search: [{ name: 'search', method: 'POST', route: 'search', model: 'none', meters: 'none' }],
  xaiSpeech: [
    {
      name: 'speech',
      capability: 'text_to_speech',
      method: 'POST',
      route: 'tts',
      model: 'body',
      meters: 'characters',
      textField: 'text',
    },
  ],
  xaiTranscription: [
    {
      name: 'transcriptions',
      capability: 'speech_to_text',
      method: 'POST',
      route: 'stt',
      model: 'form',
      meters: 'audio',
      usage: transcriptionUsage,
    },
  ],
  account: [
    {
      name: 'account',
      method: 'GET',
      route: '(?:user/balance|api-key|key|credits|generation)',
      model: 'none',
      meters: 'none',
    },
  ],
} as const satisfies Record<string, readonly Route[]>
