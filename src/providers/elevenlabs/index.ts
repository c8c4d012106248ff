/** ElevenLabs: speech in and out. Three things that are not a wrong key answer 401 here. */
export { elevenlabs } from './elevenlabs.ts'
