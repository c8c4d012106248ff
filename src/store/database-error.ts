import { OwnkeyError } from '../contract/index.ts'

/** What failed, as far as the driver tells it. PostgreSQL's codes have five characters, the system's start with E. */
interface DriverError extends Error {
  code?: string
  detail?: string
  where?: string
}

/** SQLSTATE classes and codes, and system codes, that mean: not the statement's fault, try again later. */
const unavailableCodes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The database refuses connections.',
  ECONNRESET: 'The connection to the database was cut.',
  ENOTFOUND: 'The database’s host name is not known.',
  EAI_AGAIN: 'The database’s host name cannot be looked up right now.',
  EPIPE: 'The connection to the database was cut.',
  ETIMEDOUT: 'The database does not answer.',
  EHOSTUNREACH: 'The database’s host cannot be reached.',
  ENETUNREACH: 'The database’s network cannot be reached.',
  '25006': 'The database takes no writes.',
  // What an operator changed under a running server, or a copy that took the database's place and is not one yet.
  '28000': 'The database does not let this server in.',
  '28P01': 'The database does not let this server in.',
  '3D000': 'The database is not there.',
  '42501': 'The database does not let this server use its tables.',
  '42P01': 'The database has not the tables of this server.',
  '53100': 'The database’s disk is full.',
  '58030': 'The database’s disk fails.',
  '53200': 'The database is out of memory.',
  '53300': 'The database has no connection left.',
  '57014': 'The database took too long and the statement was stopped.',
  '57P01': 'The database is shutting down.',
  '57P02': 'The database crashed and restarts.',
  '57P03': 'The database is starting up.',
  '57P05': 'The connection to the database was closed as idle.',
}

const lostConnection = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', '57P01', '57P02', '57P05'])

/** Errors without a code of their own, which can be told only by their words. */
const sentences: readonly [RegExp, string][] = [
  [
    /^Connection terminated|not queryable|connection is closed|Client was closed/i,
    'The connection to the database was cut.',
  ],
  [
    /^timeout e(xceeded|xpired)|Connection terminated due to connection timeout|^Query read timeout/i,
    'The database does not answer.',
  ],
  [/^could not (extend|write|create|open|fsync|truncate)\b.*\bfile /i, 'The database cannot write its files.'],
]

/**
 * The error as the system knows it: `unavailable` when the database cannot be reached or cannot work, else the driver's
 * own error (its `code` is the SQLSTATE). The values of rows, which PostgreSQL puts into `detail`, do not travel.
 */
export function asDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof OwnkeyError) return error
  const failure = error as DriverError
  const detail = reasonFor(failure)
  delete failure.detail
  delete failure.where
  if (!detail) return failure
  return new OwnkeyError('unavailable', {
    detail,
    fix: 'Try again in a few seconds; if it stays so, check the database server.',
    cause: failure,
  })
}

/** True when the pooled connection turned out to be dead, so that a read may be sent once more on another. */
export function isLostConnection(error: unknown): boolean {
  const failure = error as DriverError
  return lostConnection.has(failure.code ?? '') || Boolean(sentences[0]?.[0].test(failure.message ?? ''))
}

/** True when the server has not answered in time, not even that it stopped the statement. */
export function isSilentConnection(error: unknown): boolean {
  return /^Query read timeout/i.test((error as Error).message ?? '')
}

/** True when a statement was refused because its session may not write. */
export function isReadOnly(error: unknown): boolean {
  return (error as DriverError | undefined)?.code === '25006'
}

/** True for what the server itself said, told by its kind of code. */
export function isAnswer(error: unknown): boolean {
  return /^[0-9FHPX][0-9A-Z]{4}$/.test((error as DriverError).code ?? '')
}

function reasonFor(failure: DriverError): string | undefined {
  const code = failure.code ?? ''
  if (code.startsWith('08')) return 'The connection to the database was cut.'
  return unavailableCodes[code] ?? sentences.find(([pattern]) => pattern.test(failure.message))?.[1]
}
