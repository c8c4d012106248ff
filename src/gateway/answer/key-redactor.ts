import type { Secret } from '../../crypto/index.ts'

/** What stands where a key stood in a text that may change its length. */
const mark = '[key removed]'
const window = 8
const maskedText = /([A-Za-z0-9_-]{0,40})(?:\*{2,}|•{2,}|\.{3,}|…+)([A-Za-z0-9_-]{0,12})/g

/** A plain word, such as a part of an error code. A random piece of a key is hardly ever letters of one case only. */
const word = /^[-_]?(?:[A-Z]?[a-z]{1,16}|[A-Z]{1,16})[-_]?$/

/**
 * Removes a provider key from what the provider sends back. In passing streams the whole key is blanked in each of its
 * forms, keeping every length, also where it is split between chunks. In error bodies, which are at hand as a whole, parts
 * of the key go too: providers echo its beginning and end.
 */
export class KeyRedactor {
  private readonly key: string
  private readonly needles: readonly Buffer[]
  private readonly alphabet: Uint8Array
  /** The end of the last chunk, held because it could be the beginning of a key. */
  private held: Buffer | undefined
  /** For `look`: the end of what was looked through last. */
  private before: Buffer | undefined

  constructor(secret: Secret) {
    const { key, needles, alphabet } = searched(secret)
    this.key = key
    this.alphabet = alphabet
    this.needles = needles
  }

  /** A passing answer in one piece, blanked. */
  passWhole(body: Buffer): Buffer {
    for (const needle of this.needles) blank(body, needle)
    const open = this.openEnd(body)
    if (this.tellsTooMuch(open)) body.fill(0x2a, body.length - open)
    return body
  }

  /** One chunk of a passing answer, blanked. What could be the beginning of a key is held back until the next chunk. */
  pass(chunk: Buffer): Buffer {
    const bytes = this.held === undefined ? chunk : Buffer.concat([this.held, chunk])
    this.held = undefined
    for (const needle of this.needles) blank(bytes, needle)
    const hold = this.openEnd(bytes)
    if (hold === 0) return bytes
    this.held = bytes.subarray(bytes.length - hold)
    return bytes.subarray(0, bytes.length - hold)
  }

  /**
   * Looks for the key in the next bytes of an answer, together with those before; blanks nothing. `begun`: they end with so much of
   * the key's beginning that they may not be passed on until the next bytes show whether it is the key.
   */
  look(bytes: Buffer): 'clean' | 'begun' | 'found' {
    const all = this.before === undefined ? bytes : Buffer.concat([this.before, bytes])
    const longest = Math.max(...this.needles.map((needle) => needle.length))
    this.before = Buffer.from(all.subarray(Math.max(0, all.length - longest + 1)))
    if (this.needles.some((needle) => all.includes(needle))) return 'found'
    return this.tellsTooMuch(this.openEnd(all)) ? 'begun' : 'clean'
  }

  /** What is still held back when the answer ends or breaks off; blanked when it is a large part of the key. */
  flush(): Buffer | undefined {
    const held = this.held
    this.held = undefined
    if (held !== undefined && this.tellsTooMuch(held.length)) held.fill(0x2a)
    return held
  }

  /** Whether this much of the key's beginning is more than a masked key (`sk-proj-…`) would show. */
  private tellsTooMuch(length: number): boolean {
    return length >= window && length >= publicPrefix(this.key) + window
  }

  /** Cuts the key out of a passing answer's headers (name, value, name, value …), in place. */
  cleanHeaders(headers: string[]): string[] {
    for (let i = 1; i < headers.length; i += 2) {
      const value = headers[i] as string
      if (value.length >= this.key.length) headers[i] = this.cutForms(value)
    }
    return headers
  }

  private cutForms(text: string): string {
    let cleaned = text
    for (const needle of this.needles) cleaned = cleaned.replaceAll(needle.toString('latin1'), mark)
    return cleaned
  }

  /** How many bytes at the end could be the beginning of the key. Mostly none: an event ends with a line break. */
  private openEnd(bytes: Buffer): number {
    if (bytes.length === 0 || this.alphabet[bytes[bytes.length - 1] as number] !== 1) return 0
    let most = 0
    for (const needle of this.needles) {
      const first = needle[0] as number
      const from = Math.max(0, bytes.length - needle.length + 1)
      for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
        const length = bytes.length - at
        if (length > most && bytes.compare(needle, 0, length, at) === 0) most = length
      }
    }
    return most
  }

  /** A whole error body without the key, its encoded forms and its recognisable parts. */
  clean(text: string): string {
    return this.cutMasked(this.cutParts(this.cutForms(text)))
  }

  /**
   * Cuts every run of eight or more characters that also stands in the key behind its public prefix. A plain word stays (it may be
   * an error code that programs read, and gives nothing away), unless the key's prefix stands right before it.
   */
  private cutParts(text: string): string {
    const prefix = this.key.slice(0, publicPrefix(this.key))
    const windows = new Set<string>()
    for (let i = prefix.length; i + window <= this.key.length; i++) windows.add(this.key.slice(i, i + window))
    if (windows.size === 0) return text
    let result = ''
    let from = 0
    for (let i = 0; i + window <= text.length; i++) {
      if (!windows.has(text.slice(i, i + window))) continue
      let end = i + window
      while (end < text.length && windows.has(text.slice(end - window + 1, end + 1))) end++
      const beginsKey = prefix !== '' && text.endsWith(prefix, i)
      if (word.test(text.slice(i, end)) && !beginsKey) continue
      result += text.slice(from, i) + mark
      from = end
      i = end - 1
    }
    return from === 0 ? text : result + text.slice(from)
  }

  /** `sk-4sJHr***w8ZP`, `xa***99`, `****e78f`: asterisks or dots with the key's beginning before or its end behind. */
  private cutMasked(text: string): string {
    // What every key of a vendor begins with tells nothing; the answer then stays as the provider wrote it.
    const prefix = Math.max(1, publicPrefix(this.key))
    return text.replace(maskedText, (whole, head: string, tail: string) => {
      const headOf = head.length > prefix && this.key.startsWith(head)
      const tailOf = tail.length >= 2 && this.key.endsWith(tail)
      return headOf || tailOf ? mark : whole
    })
  }
}

interface Searched {
  key: string
  needles: readonly Buffer[]
  /** By byte: 1 for those that stand in a needle. */
  alphabet: Uint8Array
}

/** By secret, so that requests that share an open secret do not prepare its search again; goes when the secret goes. */
const searchedFor = new WeakMap<Secret, Searched>()

function searched(secret: Secret): Searched {
  let known = searchedFor.get(secret)
  if (known === undefined) {
    const key = secret.reveal()
    const needles = forms(key).map((form) => Buffer.from(form, 'latin1'))
    known = { key, needles, alphabet: alphabetOf(needles) }
    searchedFor.set(secret, known)
  }
  return known
}

function alphabetOf(needles: readonly Buffer[]): Uint8Array {
  const alphabet = new Uint8Array(256)
  for (const needle of needles) for (const byte of needle) alphabet[byte] = 1
  return alphabet
}

const plainKey = /^[\w.-]+$/

function forms(key: string): string[] {
  const packed = inBase64(key)
  if (plainKey.test(key)) return [key, ...packed]
  const url = encodeURIComponent(key)
  const json = JSON.stringify(key).slice(1, -1)
  const lowerCaseUrl = url.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase())
  return [...new Set([key, url, lowerCaseUrl, json, json.replaceAll('/', '\\/'), ...packed])]
}

/**
 * As the key stands in base64: alone, and among other text (`user:key`, JSON), which moves it by one byte or two; then less
 * the letters at its edges, which depend on what is around.
 */
function inBase64(key: string): string[] {
  const alone = Buffer.from(key, 'latin1').toString('base64').replace(/=+$/, '')
  const among = [0, 1, 2].map((before) => {
    const bits = 8 * before
    const text = Buffer.from('\0'.repeat(before) + key, 'latin1').toString('base64')
    return text.slice(Math.ceil(bits / 6), Math.floor((bits + 8 * key.length) / 6))
  })
  return [alone, ...among.filter((text) => text.length >= window && text !== alone)]
}

/** Where the secret part begins: behind `sk-proj-`, `AIza` and the like, which everybody's keys share. */
function publicPrefix(key: string): number {
  const match = /^(?:AIza|(?:[a-z]{1,4}[-_])(?:(?:proj|ant|or|svcacct|admin|api03|admin01|v1)[-_])*)/.exec(key)
  return match === null ? 0 : match[0].length
}

function blank(bytes: Buffer, needle: Buffer): void {
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + needle.length)) {
    bytes.fill(0x2a, at, at + needle.length)
  }
}
