/**
 * The one dialect: OpenAI's requests as each provider takes them, and each provider's answers, streams and errors as
 * OpenAI would have written them. Pure translations, a folder a provider; which one serves a provider's route is data of
 * the catalogue's entry (`translations`, else `openai`). What a provider cannot do is refused by name, never left out.
 * Hints that change nothing of the answer (labels such as `user`, an image's `detail`, marks for a cache elsewhere than at
 * Anthropic) are the only fields that may end here.
 */
export { askForCounts } from './compatible/ask-for-counts.ts'
export { type OpenaiError, toOpenaiError } from './openai-error.ts'
export { readFields } from './read-fields.ts'
export { translateRequest } from './translate-request.ts'
export type { AnswerTranslation, DialectCall, StreamTranslation, UpstreamMessage, WholeAnswer } from './translation.ts'
