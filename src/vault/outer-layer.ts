import { OwnkeyError } from '../contract/index.ts'
import { type Keyring, outerPassphrase } from '../crypto/index.ts'
import type { Queryable } from '../store/index.ts'
import { keyContext } from './key-context.ts'
import type { SealedKey } from './sealed-key.ts'

/** `pgcrypto`: PostgreSQL encrypts the sealed envelope once more, so that neither layer alone suffices. */
export type OuterLayer = 'none' | 'pgcrypto'

/**
 * 'O' 'P' 0x01 | length of the master key's id | that id | what pgp_sym_encrypt_bytea made. The passphrase is of this row
 * and version alone and derived from that master key; it may appear in the database's log, where it opens nothing that
 * is not still sealed.
 */
const magic = Buffer.from([0x4f, 0x50, 0x01])
const idAt = magic.length + 1

/** The passphrase is random already, so one round of hashing does; the envelope does not compress. */
const pgpOptions = 'cipher-algo=aes256, compress-algo=0, s2k-mode=1'

/** @throws OwnkeyError `unavailable` when the extension is not there and cannot be made. */
export async function ensureOuterLayer(database: Queryable): Promise<void> {
  if (await hasExtension(database)) return
  try {
    await database.query('create extension if not exists pgcrypto')
  } catch (cause) {
    if (cause instanceof OwnkeyError && !isDenied(cause)) throw cause
    // Of two servers that create it at once, one fails although it is there afterwards.
    if (await hasExtension(database)) return
    throw new OwnkeyError('unavailable', {
      detail:
        'vault.outerLayer is pgcrypto, but the database has no pgcrypto extension and this user cannot create it.',
      fix: 'Have a database administrator run "create extension pgcrypto" in this database, or set vault.outerLayer to none.',
      cause,
    })
  }
}

/** This user lacks the right to make it, which no other try mends. */
function isDenied({ cause }: OwnkeyError): boolean {
  return (cause as { code?: unknown } | undefined)?.code === '42501'
}

async function hasExtension(database: Queryable): Promise<boolean> {
  const rows = await database.query("select 1 from pg_extension where extname = 'pgcrypto'")
  return rows.length > 0
}

/** Puts the outer layer around an envelope, under the active master key. */
export async function addOuterLayer(
  queryable: Queryable,
  keyring: Keyring,
  { binding, envelope }: SealedKey,
): Promise<Uint8Array> {
  const kekId = keyring.active.id
  const [row] = await queryable.query<{ packet: Buffer }>(
    'select pgp_sym_encrypt_bytea($1::bytea, $2::text, $3::text) as packet',
    [envelope, outerPassphrase(keyring, kekId, keyContext(binding)), pgpOptions],
  )
  return Buffer.concat([
    magic,
    Buffer.from([kekId.length]),
    Buffer.from(kekId, 'latin1'),
    (row as { packet: Buffer }).packet,
  ])
}

export function hasOuterLayer({ envelope }: SealedKey): boolean {
  return magic.every((byte, at) => envelope[at] === byte)
}

/**
 * Takes the outer layer off where there is one; the keys stay sealed. One that cannot be taken off is left as it is, and
 * is refused as unreadable when it is opened: one damaged row does not keep the others from working.
 */
export async function openOuterLayer(
  { database, keyring }: { database: Queryable; keyring: Keyring },
  sealed: readonly SealedKey[],
): Promise<SealedKey[]> {
  const layered = sealed.filter(hasOuterLayer)
  if (layered.length === 0) return [...sealed]
  const tasks = layered.flatMap((key) => readPacket(keyring, key) ?? [])
  const opened = await decryptAll(database, tasks)
  return sealed.map((key) => ({ ...key, envelope: opened.get(key) ?? key.envelope }))
}

interface Packet {
  key: SealedKey
  packet: Buffer
  passphrase: string
}

function readPacket(keyring: Keyring, key: SealedKey): Packet | undefined {
  const bytes = Buffer.from(key.envelope)
  const packetAt = idAt + (bytes[magic.length] ?? 0)
  const kekId = bytes.toString('latin1', idAt, packetAt)
  if (!keyring.byId.has(kekId)) return undefined
  return { key, packet: bytes.subarray(packetAt), passphrase: outerPassphrase(keyring, kekId, keyContext(key.binding)) }
}

async function decryptAll(database: Queryable, packets: readonly Packet[]): Promise<Map<SealedKey, Uint8Array>> {
  if (packets.length === 0) return new Map()
  try {
    const rows = await database.query<{ place: number; envelope: Buffer }>(
      `select t.place, pgp_sym_decrypt_bytea(decode(t.packet, 'hex'), t.passphrase) as envelope
         from unnest($1::text[], $2::text[]) with ordinality as t(packet, passphrase, place)`,
      [packets.map(({ packet }) => packet.toString('hex')), packets.map(({ passphrase }) => passphrase)],
    )
    return new Map(rows.map(({ place, envelope }) => [(packets[place - 1] as Packet).key, envelope]))
  } catch (error) {
    if (error instanceof OwnkeyError || !isBadPacket(error)) throw error
    if (packets.length === 1) return new Map()
    // One bad packet fails the statement: find it by halves.
    const half = packets.length >> 1
    const first = await decryptAll(database, packets.slice(0, half))
    return new Map([...first, ...(await decryptAll(database, packets.slice(half)))])
  }
}

/** PostgreSQL's codes for "external routine invocation exception", which pgcrypto uses for everything, and bad arguments. */
function isBadPacket(error: unknown): boolean {
  return ['39000', '22023', '22P02', '22000'].includes((error as { code?: string }).code ?? '')
}
