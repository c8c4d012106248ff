import { z } from 'zod'
import { currency } from './plan-schema.ts'

/** The operator's own prices. Part of the configuration's schema in `schema.ts`. */
const rate = z.number().min(0)

const tokenRates = {
  input: rate.optional().describe('Per million tokens that were neither read from nor written to a cache.'),
  output: rate.optional().describe('Per million tokens.'),
  cacheRead: rate.optional().describe('Per million tokens; absent: as input.'),
  cacheWrite: rate.optional().describe('Per million tokens; absent: as input.'),
  cacheWriteHour: rate
    .optional()
    .describe('Of caches that keep tokens for an hour, per million; absent: as cacheWrite.'),
  inputAudio: rate.optional().describe('Per million tokens of audio; absent: as input.'),
  inputImage: rate.optional().describe('Per million tokens of pictures; absent: as input.'),
  outputAudio: rate.optional().describe('Per million tokens of audio; absent: as output.'),
  outputImage: rate.optional().describe('Per million tokens of pictures; absent: as output.'),
  cacheReadAudio: rate.optional().describe('Per million tokens of audio; absent: as cacheRead.'),
  cacheReadImage: rate.optional().describe('Per million tokens of pictures; absent: as cacheRead.'),
}

export const price = z
  .strictObject({
    currency: currency.default('USD').describe('Of all these prices.'),
    ...tokenRates,
    tiers: z
      .array(z.strictObject({ above: z.int().min(0).describe('Tokens of the whole prompt.'), ...tokenRates }))
      .min(1)
      .optional()
      .describe('Prices of requests whose whole prompt is longer than `above` tokens; ascending.'),
    characters: rate.optional().describe('Per 1 000 characters.'),
    audioMinute: rate.optional().describe('Per minute of audio, billed by the second.'),
    requests: rate.optional().describe('Per 1 000 requests, beside what is counted.'),
    webSearches: rate
      .optional()
      .describe('Per 1 000 searches that a model made; absent: an answer with searches has no price.'),
    from: z.iso.date().optional().describe('The first day (UTC) on which this price holds; absent: always.'),
  })
  .refine(
    ({ input, output, characters, audioMinute }) =>
      [input, output, characters, audioMinute].some((each) => each !== undefined),
    'at least one of input, output, characters and audioMinute',
  )
