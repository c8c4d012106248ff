/** Google Gemini (AI Studio). Google's failure table and usage reader are shared with Vertex AI. */

export { blockedPrompt, readBlockedPrompt } from './blocked-prompt.ts'
export { gemini } from './gemini.ts'
export { googleRules } from './google-rules.ts'
export { googlePriceFactors, googleSocketUsage, googleUsage } from './usage.ts'
