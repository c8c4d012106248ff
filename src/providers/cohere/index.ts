/** Cohere: no error codes, billed units for counts. */
export { cohere } from './cohere.ts'
