import { OwnkeyError } from '../contract/index.ts'
import { noRoute, type TranslationName } from '../providers/index.ts'
import { anthropicMessages } from './anthropic/messages.ts'
import { cohereTranscription } from './audio/cohere.ts'
import { deepgramSpeech, deepgramTranscription } from './audio/deepgram.ts'
import { elevenlabsSpeech, elevenlabsTranscription } from './audio/elevenlabs.ts'
import { mistralSpeech } from './audio/mistral.ts'
import { sarvamSpeech, sarvamTranscription } from './audio/sarvam.ts'
import { xaiSpeech, xaiTranscription } from './audio/xai.ts'
import { compatible } from './compatible/compatible.ts'
import { googleEmbeddings, vertexEmbeddings } from './google/embeddings.ts'
import { googleGenerate, vertexGenerate } from './google/generate.ts'
import { googleTranscription, vertexTranscription } from './google/transcription.ts'
import { invalidBody } from './invalid.ts'
import type { DialectCall, Target, Translation, UpstreamMessage } from './translation.ts'

const translations: Readonly<Record<TranslationName, Translation>> = {
  anthropic_messages: anthropicMessages,
  google_generate: googleGenerate,
  google_embeddings: googleEmbeddings,
  google_transcription: googleTranscription,
  vertex_generate: vertexGenerate,
  vertex_embeddings: vertexEmbeddings,
  vertex_transcription: vertexTranscription,
  elevenlabs_speech: elevenlabsSpeech,
  elevenlabs_transcription: elevenlabsTranscription,
  mistral_speech: mistralSpeech,
  sarvam_speech: sarvamSpeech,
  sarvam_transcription: sarvamTranscription,
  deepgram_speech: deepgramSpeech,
  deepgram_transcription: deepgramTranscription,
  cohere_transcription: cohereTranscription,
  xai_speech: xaiSpeech,
  xai_transcription: xaiTranscription,
}

/**
 * A request of the one dialect as this provider takes it: natively where the catalogue names a translation, otherwise by
 * its OpenAI-compatible API.
 * @throws request_invalid, naming the field that is wrong or that the provider cannot do; for a provider without the route, `model`
 */
export function translateRequest(call: DialectCall, target: Target): UpstreamMessage {
  const { provider } = target
  const native = provider.translations?.[call.route]
  if (native !== undefined) return translateNatively(translations[native], call, target)
  if (provider.openai?.routes.includes(call.route)) return compatible(call, target)
  throw new OwnkeyError('request_invalid', {
    ...noRoute(provider, call.route),
    facts: { field: 'model', param: 'model', provider: provider.name },
  })
}

function translateNatively(translation: Translation, call: DialectCall, target: Target): UpstreamMessage {
  try {
    return translation(call, target)
  } catch (error) {
    // Lists in lists in lists … until the stack is full.
    if (error instanceof RangeError) throw invalidBody('it is nested too deeply')
    throw error
  }
}
