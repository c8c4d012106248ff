/** OpenRouter: failures inside 200 answers, and a public list of models that proves nothing of a key. */
export { openrouter } from './openrouter.ts'
