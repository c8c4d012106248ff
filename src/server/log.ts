import { type DestinationStream, pino } from 'pino'
import { OwnkeyError } from '../contract/index.ts'
import type { LogLevel } from './environment.ts'
import { openLogOutput } from './log-output.ts'

/** What a log line may carry. A field that is not in here is left out, so a secret cannot come in by a new name. */
const fields = [
  'event',
  'message',
  'url',
  'host',
  'port',
  'pid',
  'worker',
  'workers',
  'signal',
  'file',
  'line',
  'column',
  'problem',
  'code',
  'status',
  'method',
  'route',
  'requestId',
  'org',
  'provider',
  'surface',
  'source',
  'errorClass',
  'durationMs',
  'database',
  'version',
  'migrations',
  'seconds',
  'connections',
  'count',
  'error',
  'fix',
  'exitCode',
  'sandbox',
] as const
type Field = (typeof fields)[number]
export type LogFields = Partial<Record<Field, unknown>>

/** Structured lines of JSON; an event's name and few, known fields. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

export interface LogOptions {
  level: LogLevel
  /** Default: standard output. */
  destination?: DestinationStream | undefined
}

const allowed: ReadonlySet<string> = new Set(fields)

export function createLog({ level, destination = openLogOutput() }: LogOptions): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: keepAllowed },
  }
  const logger = pino(options, destination)
  const at =
    (method: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, more: LogFields = {}) =>
      logger[method]({ ...more, event })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function keepAllowed(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => allowed.has(name))
      .map(([name, value]) => [name, printable(value)]),
  )
}

/** Characters that JSON leaves as they are and a terminal or an editor obeys: C1 controls, line separators, bidi marks. */
const obeyed = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

function printable(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (value instanceof Error) return describeError(value)
  if (typeof value !== 'string') return value === undefined ? undefined : '[not logged]'
  const shown = value.length > 500 ? `${value.slice(0, 500)}…` : value
  return shown.replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * Where an error came from, without its message: messages of Node and of drivers quote their input (a URL, a header's
 * value, a row). Only our own errors' messages are known to be safe.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code } = error as NodeJS.ErrnoException
  const stack = error.stack ?? ''
  const behindMessage = error.message ? stack.slice(stack.indexOf(error.message) + error.message.length) : stack
  const frames = behindMessage.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    name: error.name,
    ...(typeof code === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(code) && { code }),
    ...(error instanceof OwnkeyError && { message: printable(error.message) }),
    at: frames.slice(0, 12).map((line) => line.trim()),
    ...(error.cause !== undefined && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  }
}
