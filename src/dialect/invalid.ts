import { OwnkeyError } from '../contract/index.ts'

/** A field that is wrong for every provider. */
export function invalid(field: string, why: string): OwnkeyError {
  return new OwnkeyError('request_invalid', {
    detail: `${field}: ${why}.`,
    fix: `Correct ${field}.`,
    facts: { field, param: field },
  })
}

/** A field that this provider cannot do, or not in that way. */
export function cannotDo(field: string, provider: string, why?: string): OwnkeyError {
  return new OwnkeyError('request_invalid', {
    detail: `${provider} cannot do ${field}${why === undefined ? '' : `: ${why}`}.`,
    fix: `Leave ${field} out, or use a provider that can do it.`,
    facts: { field, param: field, provider },
  })
}
