/** xAI: sentences for codes, and a route that tells what a key may do. */
export { xai } from './xai.ts'
