/** AssemblyAI: speech to text; a key without a scheme, failures without codes. */
export { assemblyai } from './assemblyai.ts'
