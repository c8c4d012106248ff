import { type Failure, type Provider, parseBody } from '../../providers/index.ts'
import { decodeBody } from './content-codings.ts'
import type { KeyRedactor } from './key-redactor.ts'

/** The head of an answer, read once. */
export interface CollectedHead {
  status: number
  /** Lower case; '' when absent. */
  contentType: string
  /** As `readEncoding` reads it; '' when the body is not compressed. */
  encoding: string
  length: number | undefined
  /** Headers that the caller may see: name in lower case, value, name, value … */
  passed: string[]
  raw: readonly string[]
}

/** A provider's error as it goes to the caller: its status, shape and headers, no secret in it. */
export interface ErrorAnswer {
  status: number
  headers: string[]
  body: Buffer
}

/** Reads an answer that is all here as a failure; undefined: it is none. */
export function collectFailure(
  head: CollectedHead,
  parts: readonly Buffer[],
  { provider, redactor }: { provider: Provider; redactor: KeyRedactor },
): { failure: Failure; answer: ErrorAnswer } | undefined {
  const plain = decodeBody(Buffer.concat(parts), head.encoding)
  const body = plain === undefined ? undefined : parseBody(plain, head.contentType)
  const failure = provider.readFailure({ status: head.status, headers: headerRecord(head.raw), body })
  return failure && { failure, answer: cleanAnswer(head, plain ?? nothing, redactor) }
}

/** A body that cannot be unpacked cannot be searched for the key, so only its status is passed on. */
const nothing = Buffer.alloc(0)

/** What was collected as the error that goes to the caller. `isCleaned`: it told something of the key, which is gone. */
export function asErrorAnswer(
  head: CollectedHead,
  parts: readonly Buffer[],
  redactor: KeyRedactor,
): { answer: ErrorAnswer; isCleaned: boolean } {
  const plain = decodeBody(Buffer.concat(parts), head.encoding) ?? nothing
  const answer = cleanAnswer(head, plain, redactor)
  return { answer, isCleaned: answer.body !== plain }
}

/** The body goes out uncompressed and with a length of its own, since the key may have been cut out of it. */
export function cleanAnswer(head: CollectedHead, bytes: Buffer, redactor: KeyRedactor): ErrorAnswer {
  const text = bytes.toString('utf8')
  const cleaned = redactor.clean(text)
  const body = cleaned === text ? bytes : Buffer.from(cleaned)
  const headers: string[] = []
  for (let i = 0; i < head.passed.length; i += 2) {
    const name = head.passed[i] as string
    if (name === 'content-length' || name === 'content-encoding') continue
    headers.push(name, redactor.clean(head.passed[i + 1] as string))
  }
  headers.push('content-length', String(body.length))
  return { status: head.status, headers, body }
}

export function headerRecord(raw: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {}
  for (let i = 0; i < raw.length; i += 2) {
    record[(raw[i] as string).toLowerCase()] = raw[i + 1] as string
  }
  return record
}
