import { isUtf8 } from 'node:buffer'
import type { Transform } from 'node:stream'
import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  gunzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib'

/** How one content coding is undone. */
interface Coding {
  /** @throws what cannot be unpacked */
  unpack(packed: Buffer): Buffer
  /** The same for an answer that comes piece by piece. @param first its first bytes */
  unpacking(first: Buffer): Transform
}

const maxOutputLength = 1024 * 1024
/** A sync flush at the end: bytes that break off in the middle can still be read as far as they go. */
const zlibLimits = { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH }

const gzip: Coding = { unpack: (packed) => gunzipSync(packed, zlibLimits), unpacking: () => createGunzip() }

/** "Deflate" means zlib's format; some servers send it without its wrapper, and every client reads both. */
const deflate: Coding = {
  unpack: (packed) => (isWrapped(packed) ? inflateSync(packed, zlibLimits) : inflateRawSync(packed, zlibLimits)),
  unpacking: (first) => (isWrapped(first) ? createInflate() : createInflateRaw()),
}
const isWrapped = ([first]: Buffer): boolean => first === undefined || (first & 0x0f) === 8

const codings: Readonly<Record<string, Coding>> = {
  gzip,
  'x-gzip': gzip,
  deflate,
  br: {
    unpack: (packed) =>
      brotliDecompressSync(packed, { maxOutputLength, finishFlush: constants.BROTLI_OPERATION_FLUSH }),
    unpacking: () => createBrotliDecompress(),
  },
}

export function codingOf(encoding: string): Coding | undefined {
  return Object.hasOwn(codings, encoding) ? codings[encoding] : undefined
}

/** `Content-Encoding` in lower case; '' where nothing is compressed. */
export function readEncoding(header: string): string {
  const named = header.toLowerCase().split(',')
  return named
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
    .join(', ')
}

/**
 * `Accept-Encoding` without the codings that cannot be undone here: an answer in zstd could neither be counted nor searched for
 * the key.
 */
export function readableCodings(accepted: string): string {
  const offers = accepted.split(',')
  const kept = offers.filter((offer) => isReadable((offer.split(';', 1)[0] as string).trim().toLowerCase()))
  if (kept.length === offers.length) return accepted
  return kept.map((offer) => offer.trim()).join(', ') || 'identity'
}

function isReadable(name: string): boolean {
  return name === '' || name === 'identity' || name === '*' || codingOf(name) !== undefined
}

export function isDecodable(encoding: string): boolean {
  return encoding === '' || codingOf(encoding) !== undefined
}

/** All of it, or what has come so far. Undefined when it cannot be decompressed. */
export function decodeBody(bytes: Buffer, encoding: string): Buffer | undefined {
  if (encoding === '') return bytes
  try {
    return codingOf(encoding)?.unpack(bytes)
  } catch {
    // Readable text in spite of the header: a proxy on the way has unpacked it and left the header in place.
    return isUtf8(bytes) ? bytes : undefined
  }
}
