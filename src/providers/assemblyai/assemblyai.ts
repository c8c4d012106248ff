import type { JobPlace } from '../job-reading.ts'
import type { Provider } from '../provider.ts'
import { seconds, told } from '../reading/count.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { at } from '../reading/is-record.ts'
import { orderNamed } from '../reading/order-named.ts'
import { type Rule, verdict } from '../reading/rules.ts'

/** Texts only: `{error: "…"}`. */
const rules: readonly Rule[] = [
  { message: /too many concurrent|concurrent sessions|too many streams/i, is: verdict('rate_limited') },
  {
    status: [0, 400, 401, 402, 403],
    message: /\bbalance\b|insufficient funds|top up|payment|paid (plan|account|only)|add a (credit )?card/i,
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  {
    status: [0],
    message:
      /unauthori[sz]ed|not authori[sz]ed|authorization header|api (key|token)|auth(entication)? (error|failed)|missing\/invalid/i,
    is: verdict('invalid_key'),
  },
]

/** 1008 stands for a wrong key and for an empty account alike: the reason is read first. */
const reading = failureReader({
  rules,
  closes: {
    1008: verdict('invalid_key'),
    3005: verdict('provider_error'),
    3006: verdict('request_invalid'),
    3007: verdict('request_invalid'),
    3008: verdict('request_invalid'),
    3009: verdict('rate_limited'),
    4001: verdict('invalid_key'),
    4002: verdict('quota_exhausted', 'out_of_credit'),
    4003: verdict('permission_denied', 'plan_lacks_feature'),
    4029: verdict('rate_limited'),
    4102: verdict('rate_limited'),
  },
})

const transcript: JobPlace = {
  path: [],
  fields: ['audio_duration'],
  counts: 'last',
  read: ({ audio_duration: duration }) => ({ usage: told({ audioSeconds: seconds(duration) }) }),
}

export const assemblyai: Provider = {
  id: 'assemblyai',
  name: 'AssemblyAI',
  aliases: ['assembly-ai'],
  dialect: 'assemblyai',
  origin: 'https://api.assemblyai.com',
  regions: { eu: 'https://api.eu.assemblyai.com' },
  keyPage: 'https://www.assemblyai.com/dashboard/api-keys',
  keyNeeds: {
    assemblyai_project:
      'A key of the project that uploads and reads the recordings: another project’s key cannot read them.',
  },
  keyShapes: [{ pattern: /^[0-9a-z]{32}$/, prefix: '', distinctive: false }],
  maskGap: '...',
  credential: () => ({ header: 'authorization', prefix: '' }),
  surfaces: [
    {
      name: 'transcription',
      capability: 'speech_to_text',
      method: 'POST',
      path: /^\/v2\/transcript$/,
      model: 'body',
      modelField: 'speech_model',
      meters: 'none',
      job: { places: [orderNamed('id')] },
    },
    // Its parts, and the farewell when it is deleted, tell the length of the recording again.
    {
      name: 'transcript',
      method: 'GET',
      path: /^\/v2\/transcript\/(?<job>[^/]+)$/,
      model: 'none',
      meters: 'audio',
      job: { places: [transcript] },
    },
    { name: 'transcripts', path: /^\/v2\/transcript(?:\/[^/]+){0,2}$/, model: 'none', meters: 'none' },
    { name: 'upload', method: 'POST', path: /^\/v2\/upload$/, model: 'none', meters: 'none', isFree: true },
    {
      name: 'transcription socket',
      capability: 'speech_to_text',
      method: 'GET',
      path: /^\/v3\/ws$/,
      model: 'query',
      modelField: 'speech_model',
      meters: 'audio',
    },
  ],
  capabilities: ['speech_to_text', 'realtime'],
  models: [
    { id: 'universal', hint: 'transcription', recommended: true, capabilities: ['speech_to_text'] },
    { id: 'slam-1', hint: 'prompted_transcription', capabilities: ['speech_to_text'] },
  ],
  defaultModels: { speech_to_text: 'universal' },
  probes: { authenticate: { method: 'GET', path: '/v2/transcript?limit=1' } },
  readFailure: reading.readFailure,
  readStreamOpening: reading.readStreamOpening,
  readClose: reading.readClose,
  usage: {
    markers: ['"audio_duration"', '"audio_duration_seconds"'],
    read: (_marker, value) => told({ audioSeconds: seconds(value) }),
  },
  realtime: [
    {
      path: /^\/v3\/ws$/,
      origin: 'https://streaming.assemblyai.com',
      regions: { eu: 'https://streaming.eu.assemblyai.com' },
      upstream: { in: 'header', name: 'authorization' },
      accepts: [
        { in: 'header', name: 'authorization' },
        { in: 'query', name: 'token' },
      ],
      usage: {
        markers: ['"audio_duration_seconds"'],
        counts: 'last',
        read: (message) => told({ audioSeconds: seconds(at(message, 'audio_duration_seconds')) }),
      },
    },
  ],
  notes: [
    'A recording that cannot be transcribed answers 200 with `status: "error"`: that is the job’s result, handed on as it is.',
    'A transcript is a job there, of an upload, a request and questions until it is done: the one dialect refuses it by name.',
    'The LLM gateway and the synchronous API have other hosts and are not part of this entry.',
  ],
}
