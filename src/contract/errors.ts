/**
 * Every error of Ownkey's own: code → HTTP status, a sentence for people, and what to do about it.
 * Codes are stable; sentences may be improved. `detail` and `fix` can be made more exact where the error is raised.
 */
interface ErrorEntry {
  status: number
  message: string
  fix: string
}

export const errorTable = {
  // the gateway's caller
  token_missing: {
    status: 401,
    message: 'No Ownkey token was sent.',
    fix: 'Send an Ownkey token (okt_…) where the SDK puts its API key.',
  },
  token_invalid: {
    status: 401,
    message: 'This Ownkey token is unknown, expired or revoked.',
    fix: 'Create a new token with POST /api/v1/tokens and use that one.',
  },
  token_scope: {
    status: 403,
    message: 'This token may not be used for that.',
    fix: 'Remove the header that contradicts the token, or use a token made for that organization, user, feature and environment.',
  },
  org_required: {
    status: 400,
    message: 'The request names no organization.',
    fix: 'Send Ownkey-Org with the organization’s id, or use an access token that carries it.',
  },
  org_unknown: {
    status: 404,
    message: 'There is no such organization.',
    fix: 'Create it with PUT /api/v1/orgs/{org}, or correct the id.',
  },
  feature_required: {
    status: 400,
    message: 'The request names no feature.',
    fix: 'Send Ownkey-Feature with one of the features in the configuration, or use a token that carries it.',
  },
  feature_unknown: {
    status: 400,
    message: 'There is no such feature in the configuration.',
    fix: 'Use one of the configured features.',
  },
  feature_not_in_plan: {
    status: 403,
    message: 'The organization’s plan does not include this feature.',
    fix: 'Ask the platform to move the organization to a plan that includes it.',
  },
  add_on_required: {
    status: 403,
    message: 'This feature needs an add-on that the organization does not have.',
    fix: 'Ask the platform to enable the add-on. The saved key stays for the other features.',
  },
  provider_not_allowed: {
    status: 403,
    message: 'This provider may not be used here.',
    fix: 'Use one of the providers that the plan and the feature allow.',
  },
  model_refused: { status: 403, message: 'This model may not be used here.', fix: 'Choose another model.' },
  byok_disabled: {
    status: 403,
    message: 'Own keys are not enabled for this organization.',
    fix: 'Ask the platform’s administrator to enable own keys for the organization.',
  },
  missing_key: {
    status: 403,
    message: 'No key can serve this request.',
    fix: 'Add an own key for this provider in the AI settings.',
  },
  key_unreadable: {
    status: 403,
    message: 'The stored key cannot be decrypted.',
    fix: 'Paste the key again in the AI settings; if several keys are affected, check BYOK_ENCRYPTION_KEY.',
  },
  key_refused: {
    status: 401,
    message: 'The provider does not accept the stored key.',
    fix: 'Replace the key in the AI settings.',
  },
  region_not_allowed: {
    status: 403,
    message: 'The plan does not allow this region.',
    fix: 'Use a key of an allowed region.',
  },
  credits_exhausted: {
    status: 402,
    message: 'The organization’s credits do not cover this request.',
    fix: 'Add credits, or use an own key where that costs less.',
  },
  spend_cap_reached: {
    status: 402,
    message: 'A spend cap is reached.',
    fix: 'Ask an administrator to raise the plan’s spend cap, or wait for the next period.',
  },
  quota_exceeded: {
    status: 429,
    message: 'The plan’s limit for this period is used up.',
    fix: 'Add an own key for this provider, or ask an administrator to raise the plan’s limit.',
  },
  rate_limited: { status: 429, message: 'Too many requests.', fix: 'Wait as long as Retry-After says.' },
  request_invalid: {
    status: 400,
    message: 'The request cannot be understood.',
    fix: 'Correct the request as the detail says.',
  },
  body_too_large: { status: 413, message: 'The request body is too large.', fix: 'Send a smaller body.' },
  head_too_large: {
    status: 431,
    message: 'The request’s address and headers are too large.',
    fix: 'Send at most 32 KB of them; what is long belongs in the body.',
  },
  request_stalled: {
    status: 408,
    message: 'The request’s body stopped coming.',
    fix: 'Send the request again, over a connection that holds.',
  },
  upstream_unreachable: {
    status: 502,
    message: 'The provider cannot be reached.',
    fix: 'Try again; if it stays so, check the provider’s status page and the host.',
  },
  upstream_timeout: {
    status: 504,
    message: 'The provider did not answer in time.',
    fix: 'Try again, or ask for a shorter answer.',
  },
  not_found: { status: 404, message: 'There is nothing at this address.', fix: 'Check the path and the ids in it.' },
  unavailable: { status: 503, message: 'The server cannot do this right now.', fix: 'Try again in a few seconds.' },
  internal: {
    status: 500,
    message: 'Something went wrong in the server.',
    fix: 'Try again; if it stays so, give the request id to the operator.',
  },
  // at start
  master_key_invalid: {
    status: 500,
    message: 'The master key cannot be used.',
    fix: 'Set BYOK_ENCRYPTION_KEY to 32 random bytes in base64, for instance from: openssl rand -base64 32',
  },
  database_restored: {
    status: 503,
    message: 'The database was put back to an older state, in which what was taken out of service would serve again.',
    fix: 'Run "ownkey doctor" to see what came back, then "ownkey database accept" to take it out of service again.',
  },
  // the control API
  method_not_allowed: {
    status: 405,
    message: 'This address does not know that method.',
    fix: 'Use one of the methods in the Allow header.',
  },
  media_type_unsupported: {
    status: 415,
    message: 'The body is of a type that is not read here.',
    fix: 'Send JSON with Content-Type: application/json.',
  },
  sign_in_invalid: {
    status: 401,
    message: 'This sign-in link was used already, has expired, or never existed.',
    fix: 'Open the AI settings again from the product; every link works once.',
  },
  key_unknown: {
    status: 404,
    message: 'There is no key in this place.',
    fix: 'Save a key first with PUT /keys/{provider}.',
  },
  balance_too_low: { status: 409, message: 'The balance does not cover this.', fix: 'Take no more than the balance.' },
  role_required: { status: 403, message: 'Your role may not do this.', fix: 'Ask one of the people who may.' },
  operator_required: { status: 403, message: 'Only the operator may do this.', fix: 'Use the operator’s token.' },
  plan_unknown: {
    status: 400,
    message: 'There is no such plan in the configuration.',
    fix: 'Use one of the configured plans.',
  },
  provider_unknown: {
    status: 404,
    message: 'There is no such provider.',
    fix: 'Use one of the providers in GET settings.',
  },
  key_malformed: {
    status: 400,
    message: 'This cannot be a key.',
    fix: 'Copy the whole key from the provider’s page and paste it again.',
  },
  key_rejected: {
    status: 422,
    message: 'The provider refused this key; it was not saved.',
    fix: 'Create a new key at the provider and paste it.',
  },
  key_required: {
    status: 409,
    message: 'The key is bound to its host.',
    fix: 'Send the key again together with the new host.',
  },
  host_not_allowed: {
    status: 400,
    message: 'This base URL may not be used.',
    fix: 'Use an https address on the public internet, or ask the operator to allow the host.',
  },
  nothing_to_restore: {
    status: 409,
    message: 'There is no earlier key to go back to.',
    fix: 'A replaced key can be restored only as long as the plan keeps it; paste the key you want again.',
  },
  scope_unknown: {
    status: 400,
    message: 'The plan has no such scope.',
    fix: 'Use "all" or one of the scopes in GET settings.',
  },
  choice_fixed: {
    status: 409,
    message: 'The plan decides this; it cannot be changed here.',
    fix: 'Leave the field out.',
  },
  idempotency_conflict: {
    status: 409,
    message: 'This idempotency key was used with other values.',
    fix: 'Use a new idempotency key for a new grant.',
  },
  sandbox_off: {
    status: 400,
    message: 'Sandbox keys work only on a server started with --sandbox.',
    fix: 'Use a real key, or start the server with --sandbox.',
  },
  server_differs: {
    status: 409,
    message: 'The server is set up in another way than the command’s environment.',
    fix: 'Give the command the same HOST, PORT, OWNKEY_DATA_DIR and BYOK_ENCRYPTION_KEY as the server.',
  },
} as const satisfies Record<string, ErrorEntry>

export type OwnkeyErrorCode = keyof typeof errorTable
