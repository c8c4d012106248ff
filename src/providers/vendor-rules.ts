import { at } from './reading/is-record.ts'
import { type Rule, verdict } from './reading/rules.ts'

/** What is particular in the failures of vendors whose API is OpenAI's. The common tables are tried after these. */

export const groqRules: readonly Rule[] = [
  { code: ['rate_limit_exceeded'], status: [413], is: verdict('request_invalid', 'too_large_for_limit') },
  // The code of a daily limit is that of any limit; only the text tells (TPD), (RPD).
  {
    code: ['rate_limit_exceeded'],
    message: /\bper day\b|\((?:TPD|RPD|ASPD)\)/i,
    is: verdict('quota_exhausted', 'quota_period'),
  },
  {
    code: ['model_permission_blocked_org', 'model_permission_blocked_project', 'model_terms_required'],
    is: verdict('permission_denied'),
  },
  { code: ['blocked_api_access'], is: verdict('quota_exhausted', 'spend_limit') },
  { code: ['capacity_exceeded', 'flex_capacity_exceeded'], is: verdict('provider_error', 'capacity') },
  { status: [498], is: verdict('provider_error', 'capacity') },
]

/** Used-up balance has useless codes: status and text only. */
export const deepseekRules: readonly Rule[] = [
  { status: [402], is: verdict('quota_exhausted', 'out_of_credit') },
  { status: [0, 400], message: /content exists risk/i, is: verdict('content_refused') },
]

export const mistralRules: readonly Rule[] = [
  { code: ['service_tier_capacity_exceeded', '3505'], is: verdict('rate_limited', 'capacity') },
  { code: ['rate_limited', '1300'], status: [0, 429], is: verdict('rate_limited') },
  { code: ['1500'], is: verdict('model_unavailable') },
  { status: [403], message: /\b(tier|plan|subscription)\b/i, is: verdict('permission_denied', 'plan_lacks_feature') },
]

/** A wrong key answers 400, and used-up credit 403 or 429, with sentences for codes: the text decides. */
export const xaiRules: readonly Rule[] = [
  { status: [403, 429], message: /\bcredits?\b|spending limit/i, is: verdict('quota_exhausted', 'out_of_credit') },
  {
    status: [400, 401, 403],
    message: /api key\b.{0,30}\b(blocked|disabled)|(blocked|disabled) api key/i,
    is: verdict('invalid_key', 'revoked'),
  },
  { status: [400, 401], message: /(incorrect|invalid|wrong|no|missing) api key/i, is: verdict('invalid_key') },
  { status: [400, 403], message: /moderation|usage guidelines?/i, is: verdict('content_refused') },
]

/** 403 means "larger than the context" here. */
export const togetherRules: readonly Rule[] = [
  { status: [402], message: /\bspend(ing)?\b/i, is: verdict('quota_exhausted', 'spend_limit') },
  { status: [404], message: /access|model/i, is: verdict('model_unavailable') },
  {
    status: [403],
    // What is no JSON comes from what stands before the API.
    where: ({ body, message }) =>
      Object.keys(body).length > 0 &&
      !/permission|forbidden|not authori[sz]ed|unauthori[sz]ed|access|api key/i.test(message),
    is: verdict('request_invalid', 'too_large_for_limit'),
  },
  {
    status: [403],
    message: /\btokens?\b.{0,200}\b(exceed|limit|context|longer|larger)/i,
    is: verdict('request_invalid', 'too_large_for_limit'),
  },
]

export const fireworksRules: readonly Rule[] = [
  {
    status: [0, 412],
    message: /suspend|spend|limit|invoice|billing|payment|credit/i,
    is: verdict('quota_exhausted', 'spend_limit'),
  },
  { code: ['precondition_failed'], status: [0, 412], is: verdict('quota_exhausted', 'spend_limit') },
  { code: ['not_found'], is: verdict('model_unavailable') },
  { status: [401, 403], code: ['unauthorized', 'unauthenticated'], is: verdict('invalid_key') },
  { status: [403], message: /authentication|unauthori[sz]ed/i, is: verdict('invalid_key') },
]

/** OpenRouter's code is the status; the rest stands in the text and in `metadata`. */
export const openrouterRules: readonly Rule[] = [
  {
    status: [402],
    where: ({ error }) => at(error, 'metadata', 'limit_source') === 'openrouter_in_flight_budget',
    is: verdict('rate_limited'),
  },
  { status: [402, 403], message: /key limit|limit exceeded/i, is: verdict('quota_exhausted', 'spend_limit') },
  {
    status: [403],
    where: ({ error, message }) =>
      Array.isArray(at(error, 'metadata', 'reasons')) ||
      at(error, 'metadata', 'flagged_input') !== undefined ||
      /flagged|moderation/i.test(message),
    is: verdict('content_refused'),
  },
  { status: [404], message: /no (allowed )?(endpoints|providers)/i, is: verdict('model_unavailable') },
  { status: [429], message: /free-models-per-day/i, is: verdict('quota_exhausted', 'quota_period') },
]

/** Flat bodies; the same code for a limit per minute and per day. */
export const cerebrasRules: readonly Rule[] = [
  { code: ['queue_exceeded'], is: verdict('rate_limited', 'capacity') },
  {
    code: ['token_quota_exceeded', 'request_quota_exceeded', 'too_many_tokens_error'],
    message: /\bper day\b|\bdaily\b/i,
    is: verdict('quota_exhausted', 'quota_period'),
  },
  { code: ['token_quota_exceeded', 'request_quota_exceeded', 'too_many_tokens_error'], is: verdict('rate_limited') },
]

/** Used-up credit answers 401 here; its code tells it from a wrong key. */
export const perplexityRules: readonly Rule[] = [
  {
    status: [401, 402, 403, 429],
    message: /insufficient quota|out of credits|add (more )?credits/i,
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
]
