/** Deepgram: speech in and out, `Token` for a scheme. */
export { deepgram } from './deepgram.ts'
