/**
 * Takes provider keys, Ownkey's tokens and message bodies out of what a Sentry SDK is about to send. Published as
 * `ownkey/sentry`, for browsers and servers, without a dependency:
 *
 * ```ts
 * Sentry.init({ beforeSend: scrubSentry, beforeSendTransaction: scrubSentry, beforeBreadcrumb })
 * ```
 *
 * What is known to be a secret or a message by its field's name is removed whole; what looks like a key is removed from
 * every other text. When in doubt it removes: a report that lacks a detail is worth less, one that holds a customer's
 * prompt or key is a leak.
 */

const removed = '[removed]'

/** Header, parameter and field names whose value is a credential. Compared in lower case without separators. */
const credentialName =
  /^(authorization|proxyauthorization|cookies?|setcookie|key|.*apikey|.*apitoken|.*accesstoken|.*refreshtoken|token|secret|.*secretkey|clientsecret|password|passphrase|credentials?|apisubscriptionkey|ocpapimsubscriptionkey|xgoogapikey|xiapikey|session)$/

/** Fields that hold what people wrote, or what a model answered, in any provider's API and in Sentry's own protocol. */
const messageName =
  /^(.*body|prompts?|.*prompt|messages?|contents?|inputs?|inputtext|outputs?|outputtext|text|texts|transcripts?|translatedtext|completion|choices|candidates|parts|payload|instructions?|system|systeminstruction|arguments|vars|params|querystring|httpquery|httpfragment|audio|image|file|answer|reply|question)$/

/** Ids that look like keys and are none. */
const harmlessName =
  /(id|ids|release|dist|sha|version|filename|abspath|module|function|package|environment|type|platform)$/

const keyShapes: readonly RegExp[] = [
  /\b(Bearer|Basic|Token)\s+[^\s"',;]{6,}/gi,
  /\bAIza[\w-]{8,}/g,
  /\bAQ\.[\w-]{8,}/g,
  /\b(?:sk|pk|rk|gsk|hf|r8|okt|oks|xai|pplx|csk|fw|nvapi|tgp|glpat|ak)[-_][\w-]{6,}/gi,
  /\b(?:ABSK|bedrock-api-key-)[\w+/-]{20,}={0,2}/g,
  /\bya29\.[\w.-]{8,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
]

/** A long run of letters and digits: keys without a prefix look like this. */
const longRun = /[A-Za-z0-9+/_-]{24,}={0,2}/g
const queryOfUrl = /((?:\b[a-z][a-z\d+.-]*:\/\/|(?<![\w?])\/)[^\s?#"'<>]*)[?#][^\s"'<>]*/gi
const quotedByParser = /(["'`…]).*\1( is not valid JSON)|(in JSON at position).*/s

/** @param text anything that was meant for people or logs */
function scrubText(text: string, name: string): string {
  const plain = keyShapes.reduce(
    (left, shape) => left.replace(shape, removed),
    text.replace(queryOfUrl, `$1?${removed}`),
  )
  const parsed = plain.replace(quotedByParser, `${removed}$2$3`)
  if (harmlessName.test(name)) return parsed
  return parsed.replace(longRun, (run) =>
    /\d/.test(run) && /[A-Za-z]/.test(run) && !run.includes('/') ? removed : run,
  )
}

interface Place {
  /** The field that holds the value, in lower case without separators. */
  name: string
  /** How far below the event, breadcrumb or span that was given. */
  depth: number
  /** An attribute's name in its parts, such as `http`, `request`, `body`, `data`; of any other name it is the only one. */
  parts: readonly string[]
  /** The field around it. */
  around: string
}

const deepest = 30

/** A field is judged by its name, except where Sentry itself uses the name for something else. */
function isRemoved({ name, parts, around, depth }: Place, value: unknown): boolean {
  if (credentialName.test(name) || credentialName.test(parts.at(-1) ?? '')) return true
  // `message` of an event, a breadcrumb or an exception is a sentence of the program; so is `type` or `value` beside it.
  if (name === 'message' && (depth === 1 || around === 'breadcrumbs' || around === 'values' || around === 'logentry'))
    return false
  // Sizes and counts (`request_body_size`) are no bodies, and a list of spans or breadcrumbs is looked through.
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return false
  if (parts.some((part) => messageName.test(part))) return true
  return messageName.test(name) || (name === 'data' && (around === 'request' || typeof value === 'string'))
}

function scrubValue(value: unknown, place: Place, seen: WeakMap<object, unknown>): unknown {
  if (typeof value === 'string') return scrubText(value, place.name)
  if (typeof value !== 'object' || value === null) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  if (place.depth > deepest) return removed
  if (Array.isArray(value)) {
    const list: unknown[] = []
    seen.set(value, list)
    // Headers may come as pairs.
    const pair = value.length === 2 && typeof value[0] === 'string' && credentialName.test(plainName(value[0]))
    for (const item of value) list.push(pair ? removed : scrubValue(item, { ...place, depth: place.depth + 1 }, seen))
    return list
  }
  if (!isPlain(value)) return scrubText(String(value), place.name)
  const copy: Record<string, unknown> = {}
  seen.set(value, copy)
  const spoken = (value as { category?: unknown }).category === 'console'
  for (const [field, inner] of Object.entries(value)) {
    const parts = field.split('.').map(plainName)
    const at = { name: plainName(field), parts, around: place.name, depth: place.depth + 1 }
    const unknowable = spoken && (field === 'message' || field === 'arguments')
    copy[scrubText(field, 'id')] = unknowable || isRemoved(at, inner) ? removed : scrubValue(inner, at, seen)
  }
  return copy
}

function plainName(field: string): string {
  return field.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** A copy of an event, a transaction or a span without keys and message bodies. Never throws; the original stays as it is. */
export function scrubSentry<Event>(event: Event): Event {
  return scrubValue(event, { name: '', parts: [], around: '', depth: 0 }, new WeakMap()) as Event
}

/** The same for one breadcrumb. */
export function beforeBreadcrumb<Breadcrumb>(breadcrumb: Breadcrumb): Breadcrumb {
  return scrubSentry(breadcrumb)
}
