import { z } from 'zod'
import { Secret } from '../crypto/index.ts'

const oidc = z
  .strictObject({
    issuer: z
      .url({ protocol: /^https?$/ })
      .refine((url) => /^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])([:/]|$)/.test(url), {
        error: 'an address with https://, or with http:// on this machine',
      })
      .describe('https, or http on this machine.'),
    clientId: z.string().min(1).describe('As the issuer knows this server.'),
    clientSecret: z
      .string()
      .trim()
      .min(1)
      .transform((text) => new Secret(text))
      .optional()
      .describe('As ${ENV_NAME}; absent for a public client, which PKCE protects.'),
    scopes: z
      .array(z.string().min(1))
      .min(1)
      .default(['openid', 'email', 'profile'])
      .describe('What the issuer is asked to tell.'),
    allowedEmails: z
      .array(z.string().regex(/^[^\s@]*@[^\s@]+$/, 'an address, or "@" and a domain'))
      .default([])
      .describe('Addresses, or "@example.com" for everybody there. Only verified ones count.'),
    allowedGroups: z.array(z.string().min(1)).default([]).describe('Members of any of these groups.'),
    groupsClaim: z.string().min(1).default('groups').describe('The claim in which the issuer lists groups.'),
  })
  .refine(
    ({ allowedEmails, allowedGroups }) => allowedEmails.length + allowedGroups.length > 0,
    'allowedEmails or allowedGroups, or both: who may sign in, because everybody at an issuer is too many',
  )

/** How operators sign in besides the printed link and the token. */
export const signIn = z
  .strictObject({ oidc: oidc.optional().describe('An identity provider that speaks OpenID Connect.') })
  .prefault({})
export type OidcConfig = z.output<typeof oidc>
