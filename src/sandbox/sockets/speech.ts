import { type JsonObject, objectOf } from '../call.ts'
import { secondsOf, transcriptOf } from '../content/reply.ts'
import { soundOf, spokenSeconds } from '../content/sound.ts'
import { base64Bytes, type Frame, type SocketCall, type SocketPlay, silence } from './conversation.ts'

const asJson = (frame: Frame): JsonObject => (Buffer.isBuffer(frame) ? {} : frame)
const mp3 = (characters: number) =>
  soundOf({ kind: 'mp3', sampleRate: 44_100, bitrate: 128 }, spokenSeconds(characters))

/** ElevenLabs `stream-input`: texts in, base64 sound out when the empty text ends it. */
export const elevenLabsSpeech: SocketPlay = {
  path: /\/stream-input$/,
  start: () => {
    let characters = 0
    return {
      take: (frame) => {
        const text = asJson(frame)['text']
        if (typeof text === 'string') characters += text.trim().length
        if (text !== '') return silence
        const audio = mp3(characters).toString('base64')
        return {
          frames: [
            { audio, isFinal: null, alignment: null, sandbox: true },
            { audio: null, isFinal: true },
          ],
          close: 1000,
        }
      },
    }
  },
  broken: () => ({ message: 'The service is overloaded. (sandbox)', error: 'internal_server_error', code: 1011 }),
}

/** ElevenLabs realtime transcription: base64 pieces in, a text for each commit. */
export const elevenLabsListening: SocketPlay = {
  path: /^\/v1\/speech-to-text\/realtime$/,
  start: ({ query, requestId }) => {
    let bytes = 0
    return {
      opening: [
        {
          message_type: 'session_started',
          session_id: requestId,
          config: { model_id: query.get('model_id') ?? 'sandbox' },
        },
      ],
      take: (frame) => {
        const message = asJson(frame)
        bytes += base64Bytes(message['audio_base_64'])
        if (message['commit'] !== true) return silence
        const text = transcriptOf(bytes)
        return {
          frames: [
            { message_type: 'partial_transcript', text: text.slice(0, 20) },
            { message_type: 'committed_transcript', text },
          ],
        }
      },
    }
  },
  broken: () => ({ message_type: 'error', error: 'The service is overloaded. (sandbox)' }),
}

const sarvamBroken = ({ requestId }: SocketCall): Frame => ({
  type: 'error',
  data: { message: 'High load. (sandbox)', code: 503, request_id: requestId },
})

/** Sarvam's transcriptions: a text for each recording. */
export const sarvamListening: SocketPlay = {
  path: /^\/speech-to-text(?:-translate|-realtime)?\/ws$/,
  start: ({ requestId }) => ({
    take: (frame) => {
      const bytes = base64Bytes(objectOf(asJson(frame)['audio'])['data'])
      if (bytes === 0) return silence
      const metrics = { audio_duration: secondsOf(bytes), processing_latency: 0.1 }
      return {
        frames: [
          {
            type: 'data',
            data: { request_id: requestId, transcript: transcriptOf(bytes), language_code: 'en-IN', metrics },
          },
        ],
      }
    },
  }),
  broken: sarvamBroken,
}

/** Sarvam's speech: texts in, sound out when flushed. */
export const sarvamSpeaking: SocketPlay = {
  path: /^\/text-to-speech\/ws$/,
  start: ({ requestId }) => {
    let characters = 0
    return {
      take: (frame) => {
        const message = asJson(frame)
        const text = objectOf(message['data'])['text']
        if (message['type'] === 'text' && typeof text === 'string') characters += text.length
        if (message['type'] !== 'flush') return silence
        const data = { content_type: 'audio/mpeg', audio: mp3(characters).toString('base64'), request_id: requestId }
        characters = 0
        return {
          frames: [
            { type: 'audio', data },
            { type: 'event', data: { event_type: 'final', message: 'sandbox' } },
          ],
        }
      },
    }
  },
  broken: sarvamBroken,
}

const deepgramBroken = (): Frame => ({
  type: 'Error',
  description: 'The service is overloaded. (sandbox)',
  code: 'NET-0000',
})

/** Deepgram's transcription: bytes in, results when told to finalize or close. */
export const deepgramListening: SocketPlay = {
  path: /^\/v[12]\/listen$/,
  start: ({ requestId }) => {
    let bytes = 0
    return {
      take: (frame) => {
        if (Buffer.isBuffer(frame)) bytes += frame.length
        const type = asJson(frame)['type']
        if (type !== 'Finalize' && type !== 'CloseStream') return silence
        const duration = secondsOf(bytes)
        const channel = { alternatives: [{ transcript: transcriptOf(bytes), confidence: 1, words: [] }] }
        const results = {
          type: 'Results',
          channel_index: [0, 1],
          start: 0,
          duration,
          is_final: true,
          speech_final: true,
          channel,
        }
        const metadata = { type: 'Metadata', request_id: requestId, sha256: '0'.repeat(64), duration, channels: 1 }
        return type === 'Finalize' ? { frames: [results] } : { frames: [results, metadata], close: 1000 }
      },
    }
  },
  broken: deepgramBroken,
}

/** Deepgram's speech: texts in, bytes out when flushed. */
export const deepgramSpeaking: SocketPlay = {
  path: /^\/v1\/speak$/,
  start: ({ requestId }) => {
    let characters = 0
    return {
      opening: [{ type: 'Metadata', request_id: requestId, model_name: 'sandbox' }],
      take: (frame) => {
        const message = asJson(frame)
        if (message['type'] === 'Speak') characters += String(message['text'] ?? '').length
        if (message['type'] === 'Close') return { frames: [], close: 1000 }
        if (message['type'] !== 'Flush') return silence
        const sound = soundOf({ kind: 'pcm', sampleRate: 24_000 }, spokenSeconds(characters))
        return { frames: [sound, { type: 'Flushed', sequence_id: 0 }] }
      },
    }
  },
  broken: deepgramBroken,
}

/** AssemblyAI's streaming: bytes in, a turn and the totals when terminated. */
export const assemblyAiListening: SocketPlay = {
  path: /^\/v3\/ws$/,
  start: ({ requestId }) => {
    let bytes = 0
    return {
      opening: [{ type: 'Begin', id: requestId, expires_at: 1_893_456_000 }],
      take: (frame) => {
        if (Buffer.isBuffer(frame)) bytes += frame.length
        if (asJson(frame)['type'] !== 'Terminate') return silence
        const seconds = secondsOf(bytes)
        const turn = { type: 'Turn', turn_order: 0, end_of_turn: true, transcript: transcriptOf(bytes), words: [] }
        const totals = { audio_duration_seconds: seconds, session_duration_seconds: seconds }
        return { frames: [turn, { type: 'Termination', ...totals }], close: 1000 }
      },
    }
  },
  broken: () => ({ type: 'Error', error_code: 3005, error: 'Server error (sandbox)' }),
}
