import { describe, expect, test } from 'vitest'
import { findProvider, type Provider, type Surface } from '../../providers/index.ts'
import { surfaceOf } from '../request/describe-request.ts'
import { SessionUsage } from './session-usage.ts'

const json = (value: unknown, isBinary = false) => ({ data: Buffer.from(JSON.stringify(value)), isBinary })
const live = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'

function counted(id: string, path: string, said: { provider?: unknown[]; caller?: unknown[] }, durationMs = 2_500) {
  const provider = findProvider(id) as Provider
  const usage = new SessionUsage(provider, provider.realtime?.find((route) => route.path.test(path))?.usage)
  for (const message of said.caller ?? []) usage.fromCaller(json(message))
  for (const message of said.provider ?? []) usage.fromProvider(json(message, id === 'gemini'))
  return usage.counts(surfaceOf(provider.surfaces, 'GET', path), durationMs)
}

const done = (input: number, output: number, cached = 0) => ({
  type: 'response.done',
  response: {
    usage: {
      input_tokens: input,
      output_tokens: output,
      input_token_details: {},
      input_tokens_details: { cached_tokens: cached },
    },
  },
})

describe('a session’s counts', () => {
  test('add up where each response tells its own', () => {
    expect(
      counted('openai', '/v1/realtime', {
        provider: [
          { type: 'session.created' },
          done(10, 5),
          { type: 'response.created', response: { usage: null } },
          done(30, 7, 20),
        ],
      }),
    ).toEqual({ usage: { inputTokens: 20, outputTokens: 12, cacheReadTokens: 20 }, estimated: false })
    expect(
      counted('openai', '/v1/responses', {
        provider: [
          { ...done(10, 5), type: 'response.completed' },
          { ...done(10, 2), type: 'response.incomplete' },
          { type: 'response.failed', response: { usage: null } },
        ],
      }).usage,
    ).toEqual({ inputTokens: 20, outputTokens: 7, cacheReadTokens: 0 })
    const turn = {
      serverContent: { turnComplete: true },
      usageMetadata: { promptTokenCount: 4, responseTokenCount: 6 },
    }
    expect(counted('gemini', live, { provider: [{ setupComplete: {} }, turn, turn] }).usage).toEqual({
      inputTokens: 8,
      outputTokens: 12,
    })
    const heard = { type: 'data', data: { transcript: 'x', metrics: { audio_duration: 1.5 } } }
    expect(counted('sarvam', '/speech-to-text/ws', { provider: [heard, heard] }).usage).toEqual({ audioSeconds: 3 })
  })

  test('have the transcripts of what the caller said, where those tell tokens', () => {
    const transcript = (usage: object) => ({ type: 'conversation.item.input_audio_transcription.completed', usage })
    expect(
      counted('openai', '/v1/realtime', {
        provider: [
          { type: 'session.created' },
          transcript({ type: 'tokens', input_tokens: 22, output_tokens: 4, total_tokens: 26 }),
          done(10, 5),
          transcript({ type: 'duration', seconds: 3 }),
        ],
      }).usage,
    ).toEqual({ inputTokens: 32, outputTokens: 9, cacheReadTokens: 0 })
  })

  test('are the last ones where each message tells the whole so far', () => {
    const results = (start: number) => ({ type: 'Results', start, duration: 1.25, channel: {} })
    expect(counted('deepgram', '/v1/listen', { provider: [results(0), results(1.25)] }).usage).toEqual({
      audioSeconds: 2.5,
      terms: ['streaming'],
    })
    const closing = { type: 'Metadata', duration: 9.5, channels: 1 }
    expect(counted('deepgram', '/v1/listen', { provider: [results(1.25), { ...closing, duration: 0 }] }).usage).toEqual(
      { audioSeconds: 2.5, terms: ['streaming'] },
    )
    expect(counted('deepgram', '/v1/listen', { provider: [results(0), closing] })).toEqual({
      usage: { audioSeconds: 9.5, terms: ['streaming'] },
      estimated: false,
    })
    const turn = { type: 'TurnInfo', audio_window_start: 0, audio_window_end: 3.2 }
    expect(counted('deepgram', '/v2/listen', { provider: [turn] }).usage).toEqual({
      audioSeconds: 3.2,
      terms: ['streaming'],
    })
    const over = { type: 'Termination', audio_duration_seconds: 12, session_duration_seconds: 13 }
    expect(counted('assemblyai', '/v3/ws', { provider: [{ type: 'Begin' }, over] }).usage).toEqual({ audioSeconds: 12 })
  })

  test('are measured here, and estimated, where the vendor tells none', () => {
    const eleven = { caller: [{ text: ' ' }, { text: 'äb🙂 ' }, { text: '' }] }
    expect(counted('elevenlabs', '/v1/text-to-speech/v/stream-input', eleven)).toEqual({
      usage: { characters: 4 },
      estimated: true,
    })
    const sarvam = {
      caller: [
        { type: 'config', data: { text: 'no' } },
        { type: 'text', data: { text: 'four' } },
      ],
    }
    expect(counted('sarvam', '/text-to-speech/ws', sarvam).usage).toEqual({ characters: 4 })
    const deepgram = { caller: [{ type: 'Speak', text: 'five!' }, { type: 'Flush' }] }
    expect(counted('deepgram', '/v1/speak', deepgram).usage).toEqual({ characters: 5 })
    expect(counted('elevenlabs', '/v1/speech-to-text/realtime', {})).toEqual({
      usage: { audioSeconds: 2.5 },
      estimated: true,
    })
    expect(counted('openai', '/v1/realtime', {})).toEqual({ usage: undefined, estimated: false })
  })

  test('survive what no vendor sends', () => {
    const usage = new SessionUsage(findProvider('openai') as Provider, {
      markers: ['"x"'],
      counts: 'each',
      read: () => ({ inputTokens: 1 }),
    })
    for (const data of ['{"x"', '', '[]', 'null', '{"x":1}'])
      usage.fromProvider({ data: Buffer.from(data), isBinary: false })
    expect(usage.counts({ meters: 'tokens' } as Surface, 1).usage).toEqual({ inputTokens: 2 })
  })
})

test('a session is served unless the first message is an error', () => {
  const provider = findProvider('elevenlabs') as Provider
  const wrong = new SessionUsage(provider, undefined)
  wrong.fromProvider(json({ message: 'Invalid API key', error: 'invalid_api_key', code: 1008 }))
  expect([wrong.served, wrong.failure?.class]).toEqual([false, 'invalid_key'])
  const fine = new SessionUsage(provider, undefined)
  expect(fine.served).toBe(false)
  fine.fromProvider(json({ audio: 'AAAA', isFinal: null }))
  expect([fine.served, fine.failure]).toEqual([true, undefined])
})
