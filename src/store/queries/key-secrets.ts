import type { Queryable } from '../database.ts'
import type { ProviderKeyRow } from './provider-keys.ts'

/** A ciphertext with the columns that it is bound to. */
export interface KeySecretRow {
  key_id: string
  version: number
  envelope: Uint8Array
  kek_id: string
  org_id: string
  holder: 'organization' | 'user'
  user_id: string
  provider: string
  environment: string
  origin: string
}

// A version that was replaced is bound to the host that it had.
const boundColumns = `s.key_id, s.version, s.envelope, s.kek_id, k.org_id, k.holder, k.user_id, k.provider, k.environment,
  coalesce(s.kept->>'origin', k.origin) as origin`

/** What a replaced version had besides its ciphertext, and gets back when it is restored. */
export type KeptColumns = Pick<
  ProviderKeyRow,
  | 'hint'
  | 'last4'
  | 'origin'
  | 'custom_host'
  | 'base_url'
  | 'region'
  | 'scope'
  | 'model'
  | 'status'
  | 'last_test'
  | 'rotate_by'
>

export interface KeptVersion {
  columns: KeptColumns
  until: Date
}

/**
 * Puts the ciphertext of a version in the place of all others of its key.
 * @param kept the version before stays restorable; absent: its ciphertext is gone
 */
export async function replaceKeySecret(
  tx: Queryable,
  secret: { keyId: string; version: number; envelope: Uint8Array; kekId: string },
  kept?: KeptVersion,
): Promise<void> {
  await tx.query('delete from key_secrets where key_id = $1 and (version <> $2 or $3::boolean)', [
    secret.keyId,
    secret.version - 1,
    kept === undefined,
  ])
  if (kept)
    await tx.query(
      'update key_secrets set restorable_until = $3, kept = $4::jsonb where key_id = $1 and version = $2',
      [secret.keyId, secret.version - 1, kept.until, JSON.stringify(kept.columns)],
    )
  await tx.query('insert into key_secrets (key_id, version, envelope, kek_id) values ($1, $2, $3, $4)', [
    secret.keyId,
    secret.version,
    secret.envelope,
    secret.kekId,
  ])
}

/** The current ciphertexts of an organization's keys. */
export function listKeySecrets(queryable: Queryable, org: string): Promise<KeySecretRow[]> {
  return queryable.query<KeySecretRow>(
    `select ${boundColumns} from provider_keys k join key_secrets s on s.key_id = k.id and s.version = k.version
      where k.org_id = $1 order by s.key_id`,
    [org],
  )
}

/** How many ciphertexts need each master key. */
export function countSecretsByKek(queryable: Queryable): Promise<{ kek_id: string; count: number }[]> {
  return queryable.query('select kek_id, count(*) as count from key_secrets group by kek_id order by kek_id')
}

/** A batch under one master key, locked; rows that somebody else has locked are passed over. */
export function lockSecretsOfKek(
  tx: Queryable,
  batch: { kekId: string; after: { keyId: string; version: number }; limit: number },
): Promise<KeySecretRow[]> {
  return tx.query<KeySecretRow>(
    `select ${boundColumns} from key_secrets s join provider_keys k on k.id = s.key_id
      where s.kek_id = $1 and (s.key_id, s.version) > ($2, $3)
      order by s.key_id, s.version limit $4 for update of s skip locked`,
    [batch.kekId, batch.after.keyId, batch.after.version, batch.limit],
  )
}

/** Many rows in one statement. */
export async function updateEnvelopes(
  tx: Queryable,
  rows: readonly { keyId: string; version: number; envelope: Uint8Array }[],
  kekId: string,
): Promise<void> {
  await tx.query(
    `update key_secrets s set envelope = decode(n.envelope, 'hex'), kek_id = $4
       from unnest($1::text[], $2::int[], $3::text[]) as n(key_id, version, envelope)
      where s.key_id = n.key_id and s.version = n.version`,
    [
      rows.map(({ keyId }) => keyId),
      rows.map(({ version }) => version),
      rows.map(({ envelope }) => Buffer.from(envelope).toString('hex')),
      kekId,
    ],
  )
}

export type RestorableRow = KeySecretRow & { kept: KeptColumns; restorable_until: Date }

/** The version of a key that can be restored now. */
export async function getRestorable(
  queryable: Queryable,
  key: { keyId: string; now: Date },
): Promise<RestorableRow | undefined> {
  const [row] = await queryable.query<RestorableRow>(
    `select ${boundColumns}, s.kept, s.restorable_until from key_secrets s join provider_keys k on k.id = s.key_id
      where s.key_id = $1 and s.restorable_until > $2 order by s.version desc limit 1`,
    [key.keyId, key.now],
  )
  return row
}

/** Ciphertexts whose time is over are really gone. @returns how many */
export async function deleteExpiredSecrets(queryable: Queryable, now: Date): Promise<number> {
  const rows = await queryable.query('delete from key_secrets where restorable_until <= $1 returning key_id', [now])
  return rows.length
}
