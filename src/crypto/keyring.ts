import { createHash, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { OwnkeyError } from '../contract/index.ts'
import { keyLength } from './aead.ts'
import type { Secret } from './secret.ts'

export interface MasterKey {
  /** 1–32 of letters, digits, `_`, `.`, `-`. */
  id: string
  key: KeyObject
}

/** The active key encrypts, all decrypt. */
export interface Keyring {
  active: MasterKey
  /** By each name that a key can have in an envelope: its id, and the one made of its bytes from when it had none. */
  byId: ReadonlyMap<string, MasterKey>
}

/** A new master key in the form that `parseKeyring` reads. */
export function generateMasterKey(): string {
  for (;;) {
    const bytes = randomBytes(keyLength)
    // One in billions looks weak by chance and would be refused at the next start.
    if (!weakness(bytes)) return bytes.toString('base64')
  }
}

/**
 * Reads `BYOK_ENCRYPTION_KEY`: 32 bytes in base64, or `id:base64,id:base64` with the active one first. A key without an
 * id gets one made from its hash, so that it keeps its name when another is put before it. It is found under that one too
 * when it is given an id later: `new:…,old:…` is what everybody writes whose key had none.
 * @throws OwnkeyError `master_key_invalid`; the text itself is in no message.
 */
export function parseKeyring(value: Secret | string, from = 'BYOK_ENCRYPTION_KEY'): Keyring {
  const text = typeof value === 'string' ? value : value.reveal()
  if (text.trim() === '') throw invalid(`${from} is empty.`)
  const keys = text
    .split(',')
    .map((part, index, all) => readKey(part.trim(), all.length > 1 ? `Key ${index + 1} of ${from}` : from))
  const byId = new Map<string, MasterKey>()
  const fingerprints = new Set<string>()
  for (const { master, fingerprint } of keys) {
    if (byId.has(master.id))
      throw invalid(`${from} names two keys by the same id.`, 'Give each key the id that it was first used with.')
    if (fingerprints.has(fingerprint))
      throw invalid(`${from} contains the same key twice.`, 'Leave one of the two out; the first key encrypts.')
    byId.set(master.id, master)
    fingerprints.add(fingerprint)
  }
  for (const { master, fingerprint } of keys) {
    const madeId = idOf(fingerprint)
    if (!byId.has(madeId)) byId.set(madeId, master)
  }
  return { active: (keys[0] as ReadKey).master, byId }
}

interface ReadKey {
  master: MasterKey
  fingerprint: string
}

/** What is a key, but not written as one: its look, what that is, and what to do. */
const otherWritings: readonly (readonly [look: RegExp, detail: string, fix: string])[] = [
  [/["'`]/, 'has quotation marks in it', 'Leave them out: what sets the variable takes them for a part of the key.'],
  [/[^:\s]\s+[^:]+$/, 'has a space or a line break in it', 'Write each key on one line, without spaces.'],
  [
    /^([^:]*:)?(0x)?[0-9a-f]{64}$/i,
    'is hexadecimal',
    "Write the same 32 bytes in base64: node -p \"Buffer.from('<key>', 'hex').toString('base64')\"",
  ],
]

function readKey(part: string, name: string): ReadKey {
  for (const [look, detail, fix] of otherWritings) if (look.test(part)) throw invalid(`${name} ${detail}.`, fix)
  const colon = part.indexOf(':')
  const givenId = colon < 0 ? undefined : part.slice(0, colon)
  if (givenId !== undefined && !/^[A-Za-z0-9_.-]{1,32}$/.test(givenId)) {
    throw invalid(`${name} has an id that is not 1 to 32 letters, digits, "_", "." or "-".`)
  }
  const bytes = readBase64(part.slice(colon + 1).trim())
  if (!bytes) throw invalid(`${name} is not base64.`)
  try {
    if (bytes.length !== keyLength)
      throw invalid(`${name} has ${bytes.length} bytes; it must have exactly ${keyLength}.`)
    const weak = weakness(bytes)
    if (weak) throw invalid(`${name} is too weak: ${weak}.`)
    const fingerprint = createHash('sha256').update('ownkey/master-key-id/1\0').update(bytes).digest('hex')
    return { master: { id: givenId ?? idOf(fingerprint), key: createSecretKey(bytes) }, fingerprint }
  } finally {
    bytes.fill(0)
  }
}

function idOf(fingerprint: string): string {
  return fingerprint.slice(0, 8)
}

/** Both alphabets, with or without padding, but nothing that Node's lenient decoder would skip over. */
function readBase64(text: string): Buffer | undefined {
  if (!/^([A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  return bytes.toString('base64').replace(/=+$/, '') === plain ? bytes : undefined
}

/**
 * 32 random bytes have about 30 different values and about 29 different steps between neighbours; fewer than 20 or 16 is
 * less likely than one in a billion, while repeated, counted and typed keys have far fewer.
 */
const fewestValues = 20
const fewestSteps = 16

function weakness(bytes: Uint8Array): string | undefined {
  const values = new Set(bytes)
  if (values.size === 1) return 'all its bytes are equal'
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return 'it is text, not random bytes'
  const steps = new Set(Array.from(bytes.subarray(1), (byte, index) => (byte - (bytes[index] as number)) & 0xff))
  if (values.size < fewestValues || steps.size < fewestSteps) return 'its bytes follow a pattern'
  return undefined
}

function invalid(detail: string, fix?: string): OwnkeyError {
  return new OwnkeyError('master_key_invalid', { detail, ...(fix && { fix }) })
}
