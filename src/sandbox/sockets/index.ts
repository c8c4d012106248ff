/** The played providers' WebSocket routes: counting what comes in and answering in each provider's own messages. */
import type { SocketPlay } from './conversation.ts'
import { geminiLive, openAiRealtime } from './realtime.ts'
import { openAiResponses } from './responses.ts'
import {
  assemblyAiListening,
  deepgramListening,
  deepgramSpeaking,
  elevenLabsListening,
  elevenLabsSpeech,
  sarvamListening,
  sarvamSpeaking,
} from './speech.ts'

export { acceptSocket, refuseSocket } from './play-socket.ts'

const plays: Readonly<Record<string, readonly SocketPlay[]>> = {
  openai: [openAiRealtime, openAiResponses],
  gemini: [geminiLive],
  vertex: [geminiLive],
  elevenlabs: [elevenLabsSpeech, elevenLabsListening],
  sarvam: [sarvamListening, sarvamSpeaking],
  deepgram: [deepgramListening, deepgramSpeaking],
  assemblyai: [assemblyAiListening],
}

/** The play of a route; undefined when the provider has no such socket. */
export function socketPlayOf(provider: string, path: string): SocketPlay | undefined {
  const own = Object.hasOwn(plays, provider) ? plays[provider] : undefined
  return (own ?? [openAiRealtime]).find((play) => play.path.test(path))
}
