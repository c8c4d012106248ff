import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { OwnkeyError } from '../contract/index.ts'
import { keyLength, open, seal, sealOverhead } from './aead.ts'
import type { Keyring } from './keyring.ts'
import { Secret } from './secret.ts'

/**
 * The stored form of a secret, version 1:
 *
 *   'O' 'K' 0x01 | length of the master key's id (1 byte) | that id | wrapped data key (60 bytes) | sealed secret
 *
 * Wrapped data key and sealed secret are each nonce (12), ciphertext, tag (16). Every secret has a data key of its own.
 * Both layers are bound to the context; the wrapping also to everything that stands before it.
 */
const magic = Buffer.from([0x4f, 0x4b, 0x01])
const idAt = magic.length + 1
const wrappedLength = keyLength + sealOverhead

interface Layout {
  kekId: string
  /** Where the wrapped data key begins: the length of the head. */
  wrappedAt: number
  sealedAt: number
}

/** What one context looks like to the two layers; kept per context because it is needed for every request. */
interface BoundContext {
  kekId: string
  wrapping: Buffer
}

const boundContexts = new WeakMap<Uint8Array, BoundContext>()

/** Seals under a fresh data key, which is wrapped by the ring's active master key. */
export function sealEnvelope(keyring: Keyring, context: Uint8Array, secret: Secret | Uint8Array): Buffer {
  const plaintext = secret instanceof Secret ? Buffer.from(secret.reveal(), 'utf8') : secret
  if (plaintext.length === 0) throw new OwnkeyError('internal', { detail: 'An empty secret is not stored.' })
  const dataKey = randomBytes(keyLength)
  try {
    const head = headFor(keyring.active.id)
    const wrapped = seal(keyring.active.key, wrappingContext(head, context), dataKey)
    return Buffer.concat([head, wrapped, seal(dataKey, context, plaintext)])
  } finally {
    dataKey.fill(0)
    if (secret instanceof Secret) plaintext.fill(0)
  }
}

/** @throws OwnkeyError `key_unreadable` for every envelope that was not sealed for this context under one of the keys. */
export function openEnvelope(keyring: Keyring, context: Uint8Array, envelope: Uint8Array): Secret {
  const plaintext = openEnvelopeBytes(keyring, context, envelope)
  const secret = new Secret(plaintext.toString('utf8'))
  plaintext.fill(0)
  return secret
}

/**
 * The data key of an envelope, so that a key that is opened again and again need not be unwrapped each time. Keeping it in memory
 * gives away no more than the master key, which is there as well.
 * @throws OwnkeyError `key_unreadable`
 */
export function unwrapDataKey(keyring: Keyring, context: Uint8Array, envelope: Uint8Array): KeyObject {
  const dataKey = unwrap(keyring, context, { envelope, layout: readLayout(envelope) })
  const key = createSecretKey(dataKey)
  dataKey.fill(0)
  return key
}

/** Opens with a data key from `unwrapDataKey`; the context is checked by the inner layer. @throws OwnkeyError `key_unreadable` */
export function openWithDataKey(dataKey: KeyObject, context: Uint8Array, envelope: Uint8Array): Secret {
  const { sealedAt } = readLayout(envelope)
  try {
    const plaintext = open(dataKey, context, envelope.subarray(sealedAt))
    const secret = new Secret(plaintext.toString('utf8'))
    plaintext.fill(0)
    return secret
  } catch {
    throw unreadable()
  }
}

/** Like `openEnvelope`, for secrets that are not text. */
export function openEnvelopeBytes(keyring: Keyring, context: Uint8Array, envelope: Uint8Array): Buffer {
  const layout = readLayout(envelope)
  const dataKey = unwrap(keyring, context, { envelope, layout })
  try {
    return open(dataKey, context, envelope.subarray(layout.sealedAt))
  } catch {
    throw unreadable()
  } finally {
    dataKey.fill(0)
  }
}

/**
 * The same secret with its data key wrapped by the active master key. Both layers are checked first, so that a damaged
 * envelope is noticed and not carried on; the secret itself is not sealed anew.
 */
export function rewrapEnvelope(keyring: Keyring, context: Uint8Array, envelope: Uint8Array): Buffer {
  const layout = readLayout(envelope)
  const dataKey = unwrap(keyring, context, { envelope, layout })
  try {
    const sealed = envelope.subarray(layout.sealedAt)
    open(dataKey, context, sealed).fill(0)
    const head = headFor(keyring.active.id)
    return Buffer.concat([head, seal(keyring.active.key, wrappingContext(head, context), dataKey), sealed])
  } catch {
    throw unreadable()
  } finally {
    dataKey.fill(0)
  }
}

/** The id of the master key that the envelope needs. */
export function readKekId(envelope: Uint8Array): string {
  return readLayout(envelope).kekId
}

function unwrap(keyring: Keyring, context: Uint8Array, from: { envelope: Uint8Array; layout: Layout }): Buffer {
  const { envelope, layout } = from
  const master = keyring.byId.get(layout.kekId)
  if (!master) throw unreadable()
  let bound = boundContexts.get(context)
  if (bound?.kekId !== layout.kekId) {
    bound = { kekId: layout.kekId, wrapping: wrappingContext(envelope.subarray(0, layout.wrappedAt), context) }
    boundContexts.set(context, bound)
  }
  try {
    return open(master.key, bound.wrapping, envelope.subarray(layout.wrappedAt, layout.sealedAt))
  } catch {
    throw unreadable()
  }
}

function readLayout(envelope: Uint8Array): Layout {
  for (let at = 0; at < magic.length; at++) if (envelope[at] !== magic[at]) throw unreadable()
  const wrappedAt = idAt + (envelope[magic.length] ?? 0)
  const sealedAt = wrappedAt + wrappedLength
  // At least one byte of secret: an empty one is never sealed.
  if (wrappedAt === idAt || envelope.length <= sealedAt + sealOverhead) throw unreadable()
  return { kekId: asciiText(envelope, idAt, wrappedAt), wrappedAt, sealedAt }
}

/** A loop because ids are a few characters long and this runs for every request. */
function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] as number)
  return text
}

function headFor(kekId: string): Buffer {
  return Buffer.concat([magic, Buffer.from([kekId.length]), Buffer.from(kekId, 'latin1')])
}

/** The head says its own length, so head and context cannot be confused. */
function wrappingContext(head: Uint8Array, context: Uint8Array): Buffer {
  return Buffer.concat([head, context])
}

/** One error for everything that can be wrong: to know which it was would help only an attacker. */
function unreadable(): OwnkeyError {
  return new OwnkeyError('key_unreadable')
}
