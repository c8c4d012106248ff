import { errorTable, type OwnkeyErrorCode } from './errors.ts'
import type { FieldError } from './problem.ts'

export interface OwnkeyErrorOptions {
  /** One sentence on this very case; never a secret, a prompt or a provider's body. */
  detail?: string
  /** What to do, when it can be said more exactly than the table does. */
  fix?: string
  /** Fields for machines: the field's name, a limit, a time. */
  facts?: Readonly<Record<string, string | number | boolean | readonly string[]>>
  retryAfterSeconds?: number
  /** Field by field, for a request that breaks its schema. Never a value that was sent. */
  errors?: readonly FieldError[]
  cause?: unknown
}

/** The one error class of Ownkey. What it means is its code; everything else is read from the table. */
export class OwnkeyError extends Error {
  readonly code: OwnkeyErrorCode
  readonly status: number
  readonly fix: string
  readonly facts: OwnkeyErrorOptions['facts']
  readonly retryAfterSeconds: number | undefined
  readonly errors: readonly FieldError[] | undefined

  constructor(code: OwnkeyErrorCode, options: OwnkeyErrorOptions = {}) {
    super(
      options.detail ?? errorTable[code].message,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'OwnkeyError'
    this.code = code
    this.status = errorTable[code].status
    this.fix = options.fix ?? errorTable[code].fix
    this.facts = options.facts
    this.retryAfterSeconds = options.retryAfterSeconds
    this.errors = options.errors
  }
}
