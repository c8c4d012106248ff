/** Google Vertex AI: Gemini’s bodies and failures, with service accounts for credentials. */
export { vertex } from './vertex.ts'
