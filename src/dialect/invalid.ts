import { OwnkeyError } from '../contract/index.ts'

/** A field that is wrong for every provider. */
export function invalid(field: string, why: string): OwnkeyError {
  return new OwnkeyError('request_invalid', {
    detail: `${field}: ${why}.`,
    fix: `Correct ${field}.`,
    facts: { field, param: field },
  })
}

/** The body itself, of which no field can be named. */
export function invalidBody(why: string): OwnkeyError {
  return new OwnkeyError('request_invalid', {
    detail: `The body cannot be read: ${why}.`,
    fix: 'Correct the body.',
    facts: { field: 'body' },
  })
}

/** A field that OpenAI can do without and this provider cannot. */
export function needs(field: string, provider: string, what: string): OwnkeyError {
  return new OwnkeyError('request_invalid', {
    detail: `${provider} needs ${field}: ${what}.`,
    fix: `Add ${field}, or use a provider that does without.`,
    facts: { field, param: field, provider },
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
