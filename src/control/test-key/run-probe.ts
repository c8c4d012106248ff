import { type ErrorClass, OwnkeyError } from '../../contract/index.ts'
import type { Secret } from '../../crypto/index.ts'
import type { Failure, Probe, Provider, ProviderAnswer } from '../../providers/index.ts'
import type { SendProbe } from '../deps.ts'

/** Where a key would be sent, and the key. */
export interface KeyTarget {
  provider: Provider
  secret: Secret
  origin: string
  basePath: string
  /** A customer named the host. */
  customHost: boolean
}

export interface ProbeResult {
  /** Undefined: the probe succeeded, or failed in a way that proves the key. */
  failure: Failure | undefined
  /** False when nothing answered. */
  reached: boolean
  latencyMs: number
  /** What the answer's headers say of the account's limits. */
  limits: Readonly<Record<string, string>>
}

/** Longer than any healthy provider takes, shorter than a person waits. */
const probeTimeoutMs = 15_000

/** Sends one probe and reads its answer. A host that cannot be reached, or too late, is `network`, never `invalid_key`. */
export async function runProbe(
  target: KeyTarget,
  probe: Probe,
  { model, send, monotonic }: { model: string | undefined; send: SendProbe; monotonic(): number },
): Promise<ProbeResult> {
  const started = monotonic()
  const took = () => Math.max(0, Math.round(monotonic() - started))
  try {
    const answer = await send({
      provider: target.provider,
      origin: target.origin,
      basePath: target.basePath,
      guarded: target.customHost,
      secret: target.secret,
      method: probe.method,
      path: fill(probe.path, encodeURIComponent(model ?? '')),
      headers: probe.headers ?? {},
      body: fillBody(probe.body, model ?? ''),
      timeoutMs: probeTimeoutMs,
    })
    if ('failure' in answer) return { failure: answer.failure, reached: true, latencyMs: took(), limits: {} }
    const { readFailure, failsInside200 } = target.provider
    const failure = answer.status >= 300 || failsInside200 ? readFailure(answer) : undefined
    const read = failure ? believed(failure, answer) : answer.status < 300 ? probe.readAnswer?.(answer) : unexplained
    return {
      failure: read && !proves(probe, read) ? read : undefined,
      reached: true,
      latencyMs: took(),
      limits: limitsIn(answer, target.secret.reveal()),
    }
  } catch (error) {
    if (error instanceof OwnkeyError && isUnreachable(error))
      return { failure: { class: 'network' }, reached: false, latencyMs: took(), limits: {} }
    throw error
  }
}

/** Short values of the headers in which providers tell limits and what is left of them. */
function limitsIn({ headers }: ProviderAnswer, key: string): Record<string, string> {
  const told = Object.entries(headers).filter(
    (header): header is [string, string] =>
      /rate-?limit|concurrent-requests/.test(header[0]) &&
      /^[\w.:, +;=%"-]{1,100}$/.test(header[1] ?? '') &&
      !echoes(header[1] ?? '', key),
  )
  return Object.fromEntries(told.slice(0, 20))
}

/** Whether a header's value repeats a part of the key, as a hostile host might; it is then not shown. */
function echoes(value: string, key: string): boolean {
  const part = 6
  for (let from = 0; from + part <= value.length; from++) if (key.includes(value.slice(from, from + part))) return true
  return false
}

/** Whether a failure proves the key all the same. Not if the key belongs to another host: it is known, but serves nothing here. */
function proves(probe: Probe, failure: Failure): boolean {
  return failure.cause !== 'wrong_host' && probe.provesKey?.(failure) === true
}

/** A redirect is never followed with a key, and an error that nobody can read says nothing about it. */
const unexplained: Failure = { class: 'provider_error' }

const soundsKnown: ReadonlySet<ErrorClass> = new Set(['request_invalid', 'model_unavailable'])

/** A failure that seems to know the key counts only as JSON: a page of HTML is from a proxy or a wrong address. */
function believed(failure: Failure, { body }: ProviderAnswer): Failure {
  return soundsKnown.has(failure.class) && typeof body !== 'object' ? { class: 'network' } : failure
}

function isUnreachable(error: OwnkeyError): boolean {
  return error.code === 'upstream_unreachable' || error.code === 'upstream_timeout'
}

function fill(text: string, model: string): string {
  return text.replaceAll('{model}', model)
}

function fillBody(body: unknown, model: string): unknown {
  if (typeof body === 'string') return fill(body, model)
  if (Array.isArray(body)) return body.map((item) => fillBody(item, model))
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, fillBody(value, model)]))
}
