/** The domain's words as types: one spelling for each, used by every folder and on the wire. */

export const roles = ['owner', 'admin', 'member'] as const
/** What a member of an organization may be. */
export type Role = (typeof roles)[number]

export const holders = ['organization', 'user'] as const
/** Who an own key belongs to. */
export type Holder = (typeof holders)[number]

/** Whose key serves an attempt. */
export type KeySource = Holder | 'platform'

export const errorClasses = [
  'invalid_key',
  'permission_denied',
  'quota_exhausted',
  'rate_limited',
  'provider_error',
  'network',
  'model_unavailable',
  'content_refused',
  'request_invalid',
] as const
/** What a provider's failure means to us, read from its machine code first and its status last. */
export type ErrorClass = (typeof errorClasses)[number]

export const keyStatuses = ['unverified', 'valid', 'invalid', 'permission', 'quota', 'network'] as const
/** What the last test, or the last real request, said of a key. `network` says nothing about the key itself. */
export type KeyStatus = (typeof keyStatuses)[number]

export const capabilities = [
  'chat',
  'vision',
  'embeddings',
  'speech_to_text',
  'text_to_speech',
  'translation',
  'realtime',
  'images',
] as const
/** What a feature needs and a provider can do. */
export type Capability = (typeof capabilities)[number]

export const dialects = [
  'openai',
  'anthropic',
  'google',
  'elevenlabs',
  'sarvam',
  'flat',
  'aws',
  'deepgram',
  'assemblyai',
] as const
/** The shape in which a caller expects errors: that of the API it called. */
export type Dialect = (typeof dialects)[number]

export const providerPolicies = ['optional', 'required', 'unavailable'] as const
/** `required` is BYOK-only: the platform's key never serves it. */
export type ProviderPolicy = (typeof providerPolicies)[number]
