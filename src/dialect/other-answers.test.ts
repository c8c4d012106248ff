import { describe, expect, test } from 'vitest'
import { catalogue, type OpenaiRoute } from '../providers/index.ts'
import { buildForm } from './form.ts'
import { translateRequest } from './translate-request.ts'

const json = (value: object) => ({ contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) })
const requests: Readonly<Partial<Record<OpenaiRoute, { contentType: string; body: Buffer }>>> = {
  'chat/completions': json({ messages: [{ role: 'user', content: 'Hi' }] }),
  embeddings: json({ input: 'Hi' }),
  'audio/speech': json({ voice: 'alloy', input: 'Hi' }),
  'audio/transcriptions': buildForm([
    { name: 'language', content: 'en' },
    { name: 'file', filename: 'a.wav', type: 'audio/wav', content: Buffer.alloc(8, 1) },
  ]),
}
const native = catalogue.flatMap((provider) =>
  Object.keys(provider.translations ?? {}).map((route) => [provider.id, route as OpenaiRoute, provider] as const),
)

describe('JSON with status 200 that is no answer of the route', () => {
  test.each(native)('of %s to %s is not made into an empty one', (_id, route, provider) => {
    const request = requests[route] as { contentType: string; body: Buffer }
    const model = provider.defaultModels.text_to_speech ?? 'a-model'
    const { answer } = translateRequest({ route, ...request }, { provider, model, created: 0 })
    const { whole } = answer
    // Sound is none that could be read.
    if (whole === undefined) expect([route, answer.passes]).toEqual(['audio/speech', 'sound'])
    else
      for (const other of ['{}', '{"ok":true}', '{"message":"Welcome"}'])
        expect(() => whole(Buffer.from(other))).toThrow('not one of this route')
  })
})
