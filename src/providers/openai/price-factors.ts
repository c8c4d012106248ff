import { halfForBatches } from '../openai-like/jobs.ts'
import type { PriceFactor } from '../usage-reading.ts'

/** The same tier by its older and its newer name. */
const fast = (model: RegExp, factor: number): PriceFactor[] =>
  ['priority', 'fast'].map((term) => ({ term, model, factor }))

/** By OpenAI's pages about prices, fast mode and data residency, read 2026-11. */
export const openaiPriceFactors: readonly PriceFactor[] = [
  // Regional hosts, for the models since 2026-03-05.
  { host: /^[a-z]{2}\.api\.openai\.com$/, model: /^gpt-(?:5\.(?:[4-9]|\d\d)|[6-9]|\d\d)/, factor: 1.1 },
  { term: 'flex', factor: 0.5 },
  ...halfForBatches,
  ...fast(/^gpt-5\.5(?!-)/, 2.5),
  ...fast(/^gpt-5-mini/, 1.8),
  ...fast(/^gpt-(?:5(?:-codex)?|5\.[12](?:-codex)?|5\.4(?:-mini)?|5\.6-(?:sol|terra|luna)|6-astra)(?:-20\d\d|$)/, 2),
  ...fast(/^gpt-4\.1(?:-mini)?(?:-20\d\d|$)/, 1.75),
  ...fast(/^gpt-4o(?:-20\d\d|$)/, 1.7),
  ...fast(/^gpt-4o-mini(?:-20\d\d|$)/, 0.25 / 0.15),
]
