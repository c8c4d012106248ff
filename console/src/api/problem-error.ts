import type { FieldError, KeyCheck, Problem } from '../../../src/contract/index.ts'

/** What the server said when it refused, with its remedy; also made here when the server could not be reached. */
export class ProblemError extends Error {
  readonly status: number
  readonly code: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly fix: string
  readonly fields: readonly FieldError[]
  readonly checks: readonly KeyCheck[]
  /** Seconds after which it may be tried again, where that was told. */
  readonly retryAfter: number | undefined

  constructor(problem: Pick<Problem, 'status' | 'code'> & Partial<Problem>, retryAfter?: number) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.status = problem.status
    this.code = problem.code
    this.facts = problem.facts ?? {}
    this.fix = problem.fix ?? ''
    this.fields = problem.errors ?? []
    this.retryAfter = retryAfter
    this.checks = Array.isArray(problem.facts?.['checks']) ? (problem.facts['checks'] as KeyCheck[]) : []
  }
}
