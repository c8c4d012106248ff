/** Sarvam AI: chat, speech and translation for Indian languages; one key header for every route. */
export { sarvam } from './sarvam.ts'
