import { describe, expect, it } from 'vitest'
import { findProvider } from './catalogue.ts'
import { openaiCompatible } from './custom-endpoint.ts'

function surfaceOf(provider: string, path: string, method = 'POST') {
  const found = findProvider(provider)?.surfaces.find(
    (surface) => (surface.method ?? method) === method && surface.path.test(path),
  )
  return (
    found && {
      capability: found.capability,
      meters: found.meters,
      model: found.path.exec(path)?.groups?.['model'] ?? found.model,
    }
  )
}

it('that tells the length of a recording again counts nothing', () => {
  const metered = (method: string, path: string) => surfaceOf('assemblyai', path, method)?.meters
  expect(metered('GET', '/v2/transcript/abc')).toBe('audio')
  expect(metered('DELETE', '/v2/transcript/abc')).toBe('none')
  for (const part of ['sentences', 'paragraphs', 'srt'])
    expect(metered('GET', `/v2/transcript/abc/${part}`)).toBe('none')
})

describe('a route', () => {
  it.each([
    ['openai', '/v1/chat/completions', 'chat', 'tokens', 'body'],
    ['openai', '/v1/responses', 'chat', 'tokens', 'body'],
    ['openai', '/v1/embeddings', 'embeddings', 'tokens', 'body'],
    ['openai', '/v1/audio/transcriptions', 'speech_to_text', 'audio', 'form'],
    ['openai', '/v1/audio/speech', 'text_to_speech', 'characters', 'body'],
    ['openai', '/v1/images/edits', 'images', 'tokens', 'form'],
    ['openai', '/v1/files', undefined, 'none', 'none'],
    ['anthropic', '/v1/messages', 'chat', 'tokens', 'body'],
    ['anthropic', '/v1/messages/count_tokens', undefined, 'none', 'body'],
    ['anthropic', '/v1/messages/batches', undefined, 'none', 'anywhere'],
    ['gemini', '/v1beta/models/gemini-2.5-flash:generateContent', 'chat', 'tokens', 'gemini-2.5-flash'],
    ['gemini', '/v1/models/gemini-2.5-pro:streamGenerateContent', 'chat', 'tokens', 'gemini-2.5-pro'],
    ['gemini', '/v1beta/tunedModels/mine:generateContent', 'chat', 'tokens', 'tunedModels/mine'],
    ['gemini', '/v1beta/models/gemini-embedding-001:embedContent', 'embeddings', 'tokens', 'gemini-embedding-001'],
    ['gemini', '/v1beta/models/gemini-2.5-flash:countTokens', undefined, 'none', 'gemini-2.5-flash'],
    ['gemini', '/v1beta/openai/chat/completions', 'chat', 'tokens', 'body'],
    ['gemini', '/upload/v1beta/files', undefined, 'none', 'none'],
    [
      'vertex',
      '/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent',
      'chat',
      'tokens',
      'gemini-2.5-flash',
    ],
    [
      'vertex',
      '/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@1:streamRawPredict',
      'chat',
      'tokens',
      'claude-x@1',
    ],
    ['vertex', '/v1/publishers/google/models/gemini-2.5-pro:countTokens', undefined, 'none', 'gemini-2.5-pro'],
    ['elevenlabs', '/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM', 'text_to_speech', 'characters', 'body'],
    ['elevenlabs', '/v1/text-to-speech/x/stream/with-timestamps', 'text_to_speech', 'characters', 'body'],
    ['elevenlabs', '/v1/speech-to-text', 'speech_to_text', 'audio', 'form'],
    ['sarvam', '/v1/chat/completions', 'chat', 'tokens', 'body'],
    ['sarvam', '/translate', 'translation', 'characters', 'body'],
    ['sarvam', '/speech-to-text', 'speech_to_text', 'audio', 'form'],
    ['sarvam', '/text-to-speech/stream', 'text_to_speech', 'characters', 'body'],
    ['groq', '/openai/v1/audio/transcriptions', 'speech_to_text', 'audio', 'form'],
    ['deepseek', '/chat/completions', 'chat', 'tokens', 'body'],
    ['deepseek', '/anthropic/v1/messages', 'chat', 'tokens', 'body'],
    ['fireworks', '/inference/v1/chat/completions', 'chat', 'tokens', 'body'],
    ['openrouter', '/api/v1/chat/completions', 'chat', 'tokens', 'body'],
    ['azure-openai', '/openai/deployments/my-gpt/chat/completions', 'chat', 'tokens', 'my-gpt'],
    ['azure-openai', '/openai/v1/embeddings', 'embeddings', 'tokens', 'body'],
    ['bedrock', '/model/anthropic.claude-x-v1:0/converse-stream', 'chat', 'tokens', 'anthropic.claude-x-v1:0'],
    ['cohere', '/v2/chat', 'chat', 'tokens', 'body'],
    ['deepgram', '/v1/listen', 'speech_to_text', 'audio', 'query'],
    ['deepgram', '/v1/speak', 'text_to_speech', 'characters', 'query'],
    ['assemblyai', '/v2/transcript', 'speech_to_text', 'none', 'body'],
    ['mistral', '/v1/fim/completions', 'chat', 'tokens', 'body'],
    ['xai', '/v1/tts', 'text_to_speech', 'characters', 'body'],
    ['vertex', '/v1/publishers/google/models/text-embedding-005:predict', 'embeddings', 'tokens', 'text-embedding-005'],
    ['vertex', '/v1/publishers/google/models/imagen-4:predict', undefined, 'none', 'imagen-4'],
    ['azure-openai', '/tts/cognitiveservices/v1', 'text_to_speech', 'none', 'none'],
    ['bedrock', '/model/amazon.titan-embed-text-v2:0/invoke', 'embeddings', 'tokens', 'amazon.titan-embed-text-v2:0'],
    ['bedrock', '/model/us.stability.sd3-5-large-v1:0/invoke', 'images', 'tokens', 'us.stability.sd3-5-large-v1:0'],
    ['bedrock', '/model/us.anthropic.claude-x-v1:0/invoke', 'chat', 'tokens', 'us.anthropic.claude-x-v1:0'],
    ['openai', '/v1/decisions', 'chat', 'tokens', 'body'],
    ['gemini', '/v1beta/decisions', 'chat', 'tokens', 'body'],
    ['perplexity', '/v1/agent', 'chat', 'tokens', 'body'],
    ['bedrock', '/v1/responses', 'chat', 'tokens', 'body'],
    ['bedrock', '/anthropic/v1/messages', 'chat', 'tokens', 'body'],
  ] as const)('of %s: %s serves %s and meters %s', (provider, path, capability, meters, model) => {
    expect(surfaceOf(provider, path)).toEqual({ capability, meters, model })
  })

  it('that a provider does not have is none', () => {
    expect(surfaceOf('openai', '/v2/chat/completions')).toBeUndefined()
    expect(surfaceOf('gemini', '/v1beta/models/a/b:generateContent')).toBeUndefined()
  })

  it('of a custom endpoint may stand behind any path', () => {
    const own = openaiCompatible({ id: 'own', name: 'Own' })
    for (const path of ['/v1/chat/completions', '/chat/completions', '/a/b/v1/chat/completions']) {
      expect(own.surfaces.find((surface) => surface.path.test(path))?.capability).toBe('chat')
    }
    expect(own.needsBaseUrl).toBe(true)
  })
})

describe('a socket', () => {
  it.each([
    ['gemini', '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'],
    ['gemini', '/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent'],
    ['gemini', '/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained'],
    ['vertex', '/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent'],
    ['vertex', '/ws/google.cloud.aiplatform.v1.LlmBidiService/BidiGenerateContent'],
  ])('of %s at %s is known, with the place of its model', (provider, path) => {
    expect(surfaceOf(provider, path, 'GET')).toEqual({ capability: 'realtime', meters: 'tokens', model: 'none' })
    expect(findProvider(provider)?.realtime?.find((route) => route.path.test(path))?.firstModel).toEqual([
      'setup',
      'model',
    ])
  })
})

it('of OpenAI’s Responses API is known, and its messages name models', () => {
  const path = '/v1/responses'
  expect(surfaceOf('openai', path, 'GET')).toEqual({ capability: 'chat', meters: 'tokens', model: 'anywhere' })
  expect(findProvider('openai')?.realtime?.find((route) => route.path.test(path))?.firstModel).toEqual(['model'])
})

describe('the credential', () => {
  it.each([
    ['openai', '/v1/models', 'authorization', 'Bearer '],
    ['anthropic', '/v1/messages', 'x-api-key', ''],
    ['anthropic', '/v1/chat/completions', 'authorization', 'Bearer '],
    ['gemini', '/v1beta/models/x:generateContent', 'x-goog-api-key', ''],
    ['gemini', '/v1beta/openai/chat/completions', 'authorization', 'Bearer '],
    ['elevenlabs', '/v1/user', 'xi-api-key', ''],
    ['sarvam', '/v1/chat/completions', 'api-subscription-key', ''],
    ['azure-openai', '/openai/v1/models', 'api-key', ''],
    ['azure-openai', '/tts/cognitiveservices/v1', 'ocp-apim-subscription-key', ''],
    ['deepgram', '/v1/listen', 'authorization', 'Token '],
    ['assemblyai', '/v2/transcript', 'authorization', ''],
    ['bedrock', '/model/x/converse', 'authorization', 'Bearer '],
  ] as const)('of %s on %s stands in %s', (provider, path, header, prefix) => {
    expect(findProvider(provider)?.credential(path)).toEqual({ header, prefix })
  })
})
