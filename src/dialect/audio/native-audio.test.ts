import { describe, expect, test } from 'vitest'
import { findProvider, type Provider } from '../../providers/index.ts'
import { buildForm, parseForm } from '../form.ts'
import { translateRequest } from '../translate-request.ts'

const sound = Buffer.from('RIFF')
const providerOf = (id: string) => findProvider(id) as Provider

function hear(id: string, fields: Readonly<Record<string, string>> = {}, model = 'a-model') {
  const call = buildForm([
    { name: 'file', filename: 'a.mp3', type: 'application/octet-stream', content: sound },
    ...Object.entries({ model: 'auto', ...fields }).map(([name, content]) => ({ name, content })),
  ])
  return translateRequest({ route: 'audio/transcriptions', ...call }, { provider: providerOf(id), model, created: 0 })
}

function speak(id: string, fields: object, model: string) {
  const body = Buffer.from(JSON.stringify({ model: 'auto', voice: 'alloy', input: 'Hi', ...fields }))
  const call = { route: 'audio/speech', contentType: 'application/json', body } as const
  const { path, body: sent } = translateRequest(call, { provider: providerOf(id), model, created: 0 })
  return { path, sent: JSON.parse(sent.toString()) }
}

const partsOf = ({ body, contentType }: { body: Buffer; contentType: string }) =>
  parseForm(body, contentType).map(({ name, type, bytes }) => [name, type ?? bytes.toString()])

const toldBy = (message: ReturnType<typeof hear>, answer: object) =>
  message.answer.whole?.(Buffer.from(JSON.stringify(answer))).body.toString() ?? ''

describe('a recording', () => {
  test('goes to Cohere with its language, the file behind all fields', () => {
    const message = hear('cohere', { language: 'de', temperature: '0.5' })
    expect(message.path).toBe('/v2/audio/transcriptions')
    expect(partsOf(message)).toEqual([
      ['model', 'a-model'],
      ['language', 'de'],
      ['temperature', '0.5'],
      ['file', 'audio/mpeg'],
    ])
    expect(partsOf(hear('cohere', { language: 'de' }))).toHaveLength(3)
    expect(JSON.parse(toldBy(message, { text: 'Hallo' }))).toMatchObject({ text: 'Hallo' })
    expect(toldBy(hear('cohere', { language: 'de', response_format: 'text' }), { text: 'Hallo' })).toBe('Hallo\n')
    expect(() => hear('cohere')).toThrow(
      expect.objectContaining({
        fix: 'Add language, or use a provider that does without.',
        facts: { field: 'language', param: 'language', provider: 'Cohere' },
      }),
    )
  })

  test('goes to ElevenLabs with times of words, which are told where they are asked for', () => {
    const asked = { language: 'de', temperature: '0', response_format: 'verbose_json' }
    const message = hear('elevenlabs', { ...asked, 'timestamp_granularities[]': 'word' })
    expect(message.path).toBe('/v1/speech-to-text')
    const always = [
      ['model_id', 'a-model'],
      ['tag_audio_events', 'false'],
      ['timestamps_granularity', 'word'],
    ]
    const file = ['file', 'audio/mpeg']
    expect(partsOf(message)).toEqual([...always, ['language_code', 'de'], ['temperature', '0'], file])
    expect(partsOf(hear('elevenlabs'))).toEqual([...always, file])
    const words = [
      { text: 'Hallo', start: 0.25, end: 0.5, type: 'word' },
      { text: ' ', start: 0.5, end: 0.6, type: 'spacing' },
    ]
    const answer = { text: 'Hallo', language_code: 'deu', audio_duration_secs: 2.5, words }
    expect(JSON.parse(toldBy(message, answer))).toMatchObject({
      text: 'Hallo',
      language: 'deu',
      duration: 2.5,
      words: [{ word: 'Hallo', start: 0.25, end: 0.5 }],
    })
  })

  test('goes to Deepgram as it is, its language named or found out', () => {
    const asked = { response_format: 'verbose_json', 'timestamp_granularities[]': 'word' }
    const [named, found] = [hear('deepgram', { ...asked, language: 'de' }), hear('deepgram', asked)]
    expect(named).toMatchObject({ contentType: 'audio/mpeg', body: sound })
    expect(named.path).toBe('/v1/listen?model=a-model&smart_format=true&language=de')
    expect(found.path).toBe('/v1/listen?model=a-model&smart_format=true&detect_language=true')
    const words = [
      { word: 'hallo', punctuated_word: 'Hallo.', start: 0.25, end: 0.5 },
      { word: 'du', start: 0.5, end: 0.75 },
    ]
    const answer = (more: object) => ({
      metadata: { duration: 2.5 },
      results: { channels: [{ alternatives: [{ transcript: 'Hallo. du', words }], ...more }] },
    })
    expect(JSON.parse(toldBy(found, answer({ detected_language: 'nl' })))).toMatchObject({
      text: 'Hallo. du',
      language: 'nl',
      duration: 2.5,
      words: [
        { word: 'Hallo.', start: 0.25, end: 0.5 },
        { word: 'du', start: 0.5, end: 0.75 },
      ],
    })
    expect(JSON.parse(toldBy(named, answer({}))).language).toBe('de')
  })

  test('goes to Gemini with what to do about it', () => {
    const said = (fields: Record<string, string>) => JSON.parse(hear('gemini', fields).body.toString())
    const [plain, asked] = [said({}), said({ language: 'de', prompt: 'Ownkey', temperature: '0.5' })]
    expect(plain.contents[0].parts[0]).toEqual({
      inlineData: { mimeType: 'audio/mpeg', data: sound.toString('base64') },
    })
    expect(plain.contents[0].parts[1].text).toMatch(/Answer with the transcript alone\.$/)
    expect(plain.generationConfig).toBeUndefined()
    expect(asked.contents[0].parts[1].text).toMatch(
      / alone\. The language is "de"\. Names and words that may occur: "Ownkey"\.$/,
    )
    expect(asked.generationConfig).toEqual({ temperature: 0.5 })
  })
})

describe('OpenAI’s voices', () => {
  const voices = 'alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse'.split(' ')

  test.each(voices)('%s is one of ElevenLabs’ and one of Deepgram’s', (voice) => {
    expect(speak('elevenlabs', { voice }, 'm').path).toMatch(
      /^\/v1\/text-to-speech\/\w{20}\?output_format=mp3_44100_128$/,
    )
    const { path, sent } = speak('deepgram', { voice }, 'aura-2-thalia-en')
    expect(path).toMatch(/^\/v1\/speak\?model=aura-2-[a-z]+-en&encoding=mp3$/)
    expect(path).not.toContain(voice)
    expect(sent).toEqual({ text: 'Hi' })
  })

  test.each(voices)('%s is one of each of Sarvam’s models', (voice) => {
    const speakerOf = (model: string) => speak('sarvam', { voice }, model).sent['speaker']
    expect('anushka abhilash manisha vidya arya karun hitesh').toContain(speakerOf('bulbul:v2'))
    expect('aditya ritu priya neha rahul rohan simran kavya amit dev ishita varun kabir').toContain(
      speakerOf('bulbul:v3'),
    )
    expect(speak('sarvam', { voice: 'Shubh' }, 'bulbul:v3').sent['speaker']).toBe('shubh')
  })

  test.each(
    'rachel sarah laura charlie george callum liam alice matilda will jessica eric chris brian daniel lily'.split(' '),
  )('leave ElevenLabs’ own, such as %s, their names', (voice) => {
    expect(speak('elevenlabs', { voice, speed: 1.1 }, 'm').sent).toEqual({
      text: 'Hi',
      model_id: 'm',
      voice_settings: { speed: 1.1 },
    })
  })

  test.each([
    ['Hera', 'aura-2-thalia-en', 'aura-2-hera-en'],
    ['aura-2-hera-en', 'aura-2-thalia-en', 'aura-2-hera-en'],
    ['hera', 'a-model', 'a-model'],
  ])('and Deepgram’s own, as %s on %s', (voice, model, spoken) => {
    expect(speak('deepgram', { voice }, model).path).toBe(`/v1/speak?model=${spoken}&encoding=mp3`)
  })

  test.each(['aura-2-hera-es', 'aura-hera-en', 'no voice'])('are not those of another model: %s', (voice) => {
    expect(() => speak('deepgram', { voice }, 'aura-2-thalia-en')).toThrow('Deepgram cannot do voice: give the name')
  })
})

test('speech of Mistral is asked for by a voice’s id, and taken out of its JSON', () => {
  const { path, sent } = speak('mistral', { voice: 'en_paul_neutral', response_format: 'wav' }, 'voxtral-tts')
  expect(path).toBe('/v1/audio/speech')
  expect(sent).toEqual({
    model: 'voxtral-tts',
    input: 'Hi',
    voice_id: 'en_paul_neutral',
    response_format: 'wav',
    stream: false,
  })
  const body = Buffer.from(JSON.stringify({ model: 'auto', voice: 'x', input: 'Hi', response_format: 'wav' }))
  const call = { route: 'audio/speech', contentType: 'application/json', body } as const
  const message = translateRequest(call, { provider: providerOf('mistral'), model: 'voxtral-tts', created: 0 })
  const told = message.answer.whole?.(Buffer.from(JSON.stringify({ audio_data: sound.toString('base64') })))
  expect(told).toMatchObject({ contentType: 'audio/wav', body: sound })
  expect(() => speak('mistral', { speed: 2 }, 'm')).toThrow(expect.objectContaining({ code: 'request_invalid' }))
})
