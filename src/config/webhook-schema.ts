import { z } from 'zod'
import { Secret } from '../crypto/index.ts'

/** At least 24 bytes, as Standard Webhooks asks; and not the same few over and over. */
function isStrongSecret(secret: string): boolean {
  if (!/^(whsec_)?[A-Za-z0-9+/]+={0,2}$/.test(secret)) return false
  const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return bytes.length >= 24 && new Set(bytes).size > 4
}

const webhook = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => !/:\/\/[^/?#]*@/.test(url),
      'an address without a user and a password, which would not be sent; deliveries are signed',
    )
    .describe('The operator’s own: private addresses and http are allowed here.'),
  secret: z
    .string()
    .trim()
    .min(1)
    .refine(
      isStrongSecret,
      'a secret of at least 24 random bytes in base64, for instance "whsec_" and the output of: openssl rand -base64 32',
    )
    .transform((text) => new Secret(text))
    .describe('Signs deliveries (Standard Webhooks), as ${ENV_NAME}.'),
  events: z.array(z.string().min(1)).min(1).default(['*']).describe('Event types or patterns with *.'),
})

/** Endpoints that are told what happens. A URL stands here once: its deliveries are counted together. */
export const webhooks = z
  .array(webhook)
  .refine((all) => new Set(all.map(({ url }) => url)).size === all.length, 'each URL once, with all its events')
  .default([])
