/** OpenAI: the API that most others follow. Its rules hold here only as far as they are its own. */
export { openai } from './openai.ts'
