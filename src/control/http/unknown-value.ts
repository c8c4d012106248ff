import { OwnkeyError, type OwnkeyErrorCode } from '../../contract/index.ts'
import { closestName } from '../../lib/index.ts'

interface Unknown {
  /** As the body has it. */
  field: string
  value: string
  known: readonly string[]
  detail: string
  /** What to say before the list of known ones, where none of them was probably meant. */
  choose: string
}

/** The error for a name that must be one of those in the configuration: which one was probably meant, or all there are. */
export function unknownValue(code: OwnkeyErrorCode, { field, value, known, detail, choose }: Unknown): OwnkeyError {
  const meant = closestName(value, known)
  const all = known.join(', ')
  const choice = all === '' ? 'The configuration knows none: declare it there, or leave it out.' : `${choose}: ${all}.`
  return new OwnkeyError(code, {
    detail,
    fix: meant ? `Did you mean "${meant}"?` : choice,
    ...(meant ? { facts: { meant } } : {}),
    errors: [
      {
        field,
        detail,
        code: 'unknown_value',
        ...(all === '' ? {} : { facts: { known: all } }),
        ...(meant ? { didYouMean: meant } : {}),
      },
    ],
  })
}
