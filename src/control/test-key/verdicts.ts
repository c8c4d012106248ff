import type { ErrorClass, KeyStatus, TestStatus } from '../../contract/index.ts'
import type { Failure, FailureCause } from '../../providers/index.ts'

/** What a failure of a probe says about the key, and which step of the test it stopped at. */
interface Verdict {
  status: TestStatus
  /** The provider knew the key, whatever else it refused. */
  authenticated: boolean
  reason: string
  fix: string
}

/** With the code of the sentence: the cause where the provider told one, else the class. */
export interface SaidVerdict extends Verdict {
  code: ErrorClass | FailureCause
  missing?: string
}

const waitAndSee = 'Nothing is wrong with the key as far as can be told. Test it again in a few minutes.'

const byClass: Readonly<Record<ErrorClass, Verdict>> = {
  invalid_key: {
    status: 'invalid',
    authenticated: false,
    reason: 'The provider does not accept this key: it is mistyped, expired, or was revoked.',
    fix: 'Create a new key on the provider’s page and paste it whole.',
  },
  permission_denied: {
    status: 'permission',
    authenticated: true,
    reason: 'The provider knows the key but does not let it do this.',
    fix: 'Give the key the permission at the provider, or create one that has it.',
  },
  quota_exhausted: {
    status: 'quota',
    authenticated: true,
    reason: 'The key works, but its account has no credit or quota left.',
    fix: 'Add credit or raise the limit in the provider’s billing settings.',
  },
  rate_limited: {
    status: 'quota',
    authenticated: true,
    reason: 'The key works, but its account is at the provider’s rate limit right now.',
    fix: 'Wait a minute and test again; a higher tier at the provider raises the limit.',
  },
  provider_error: {
    status: 'network',
    authenticated: false,
    reason: 'The provider has a problem of its own right now.',
    fix: waitAndSee,
  },
  network: { status: 'network', authenticated: false, reason: 'The provider could not be reached.', fix: waitAndSee },
  model_unavailable: {
    status: 'permission',
    authenticated: true,
    reason: 'The key works, but its account cannot use this model.',
    fix: 'Choose another model, or ask the provider for access to this one.',
  },
  content_refused: { status: 'valid', authenticated: true, reason: '', fix: '' },
  request_invalid: { status: 'valid', authenticated: true, reason: '', fix: '' },
}

/** Where the provider says more exactly what is wrong. */
export const byCause: Partial<Record<FailureCause, { reason: string; fix: string; status?: TestStatus }>> = {
  expired: { reason: 'The key has expired.', fix: 'Create a new key on the provider’s page and paste it.' },
  revoked: { reason: 'The key was revoked.', fix: 'Create a new key on the provider’s page and paste it.' },
  // The key is good and serves nothing here: neither valid nor invalid.
  wrong_host: {
    status: 'permission',
    reason: 'The key belongs to another region or host of the provider.',
    fix: 'Choose the region that the key was made in.',
  },
  missing_scope: {
    reason: 'The key lacks a permission.',
    fix: 'Give the key the permission at the provider, or create one that has it.',
  },
  account_disabled: {
    reason: 'The provider has disabled the account of this key.',
    fix: 'Ask the provider’s support about the account.',
  },
  geo_blocked: {
    reason: 'The provider does not serve the region that requests come from.',
    fix: 'Ask the platform’s support which region serves you.',
  },
  egress_blocked: {
    reason: 'The key may be used from certain addresses only, and ours is not among them.',
    fix: 'Allow the platform’s addresses in the key’s restrictions.',
  },
  api_not_enabled: {
    reason: 'The API is not enabled in the key’s project.',
    fix: 'Enable the API for the project on the provider’s page.',
  },
  out_of_credit: {
    reason: 'The account of this key has no credit left.',
    fix: 'Add credit in the provider’s billing settings.',
  },
  spend_limit: {
    reason: 'The account of this key has reached its own spend limit.',
    fix: 'Raise the spend limit in the provider’s billing settings.',
  },
  quota_period: {
    reason: 'The account of this key has used up its quota for this period.',
    fix: 'Wait for the next period, or raise the quota at the provider.',
  },
  plan_lacks_feature: {
    reason: 'The account’s plan at the provider does not include this.',
    fix: 'Move the account to a plan that includes it.',
  },
}

/** Causes that show that a key exists (or once did); told only about keys that are saved here. */
const tellTale: ReadonlySet<FailureCause> = new Set(['expired', 'revoked', 'account_disabled', 'wrong_host'])

/**
 * @param saved false for a key that was only pasted: every wrong key then gets the same verdict, so that nobody can sort
 * stolen keys by it
 */
export function verdictOf(failure: Failure, saved: boolean): SaidVerdict {
  const verdict = byClass[failure.class]
  const hidden = verdict.status === 'invalid' && !saved && failure.cause !== undefined && tellTale.has(failure.cause)
  const more = failure.cause && !hidden ? byCause[failure.cause] : undefined
  const missing = failure.missing ? ` It lacks: ${failure.missing}.` : ''
  const code = more && failure.cause ? failure.cause : failure.class
  const reason = `${more?.reason ?? verdict.reason}${missing}`
  return { ...verdict, ...more, reason, code, ...(failure.missing ? { missing: failure.missing } : {}) }
}

/** The class that a status stands for where nothing more exact is known. */
const classOfStatus: Partial<Record<KeyStatus, ErrorClass>> = {
  invalid: 'invalid_key',
  permission: 'permission_denied',
  quota: 'quota_exhausted',
  network: 'network',
}

/** The class of failure that a key's status means; undefined where nothing is wrong. */
export function failureOf({ status, status_class }: { status: KeyStatus; status_class: ErrorClass | null }) {
  return status === 'valid' || status === 'unverified' ? undefined : (status_class ?? classOfStatus[status])
}

/**
 * What is wrong with a stored key, in words, with its code. A good key at another host is kept as one that lacks permission, of a class
 * that is otherwise no fault of a key.
 */
export function sentencesOfKey(row: {
  status: KeyStatus
  status_class: ErrorClass | null
}): { reason: string; fix: string; cause: FailureCause | ErrorClass } | undefined {
  const errorClass = failureOf(row)
  const isElsewhere = row.status === 'permission' && errorClass === 'request_invalid'
  const { wrong_host: elsewhere } = byCause
  if (isElsewhere && elsewhere) return { reason: elsewhere.reason, fix: elsewhere.fix, cause: 'wrong_host' }
  const sentences = sentencesFor(errorClass)
  return errorClass && sentences && { ...sentences, cause: errorClass }
}

/** The same sentences for a class alone, as real requests leave it on a key. */
export function sentencesFor(errorClass: ErrorClass | undefined): { reason: string; fix: string } | undefined {
  if (errorClass === undefined || byClass[errorClass].status === 'valid') return undefined
  return { reason: byClass[errorClass].reason, fix: byClass[errorClass].fix }
}
