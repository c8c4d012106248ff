import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { by, canaryKey, host, masked, openTestVault, type TestVault } from '../../test/support/vault.ts'
import { OwnkeyError } from '../contract/index.ts'
import { Secret } from '../crypto/index.ts'
import { openDatabase } from '../store/index.ts'
import { ensureOuterLayer, loadSealedKeys, openKey, putKey } from './index.ts'

describe.each(databaseKinds)('the outer layer on %s', (kind) => {
  let vault: TestVault

  beforeAll(async () => {
    vault = await openTestVault(kind)
    await ensureOuterLayer(vault.deps.database)
  })
  afterAll(() => vault.opened.remove())

  it('puts PostgreSQL’s own encryption around the envelope when told to, and neither layer opens alone', async () => {
    await ensureOuterLayer(vault.deps.database)
    const slot = await vault.newSlot()
    const layered = { ...vault.deps, outerLayer: 'pgcrypto' as const }
    await putKey(layered, { slot, secret: new Secret(canaryKey), masked, host, by })
    await putKey(vault.deps, {
      slot: { ...slot, provider: 'anthropic' },
      secret: new Secret('sk-ant-plain-00000'),
      masked,
      host,
      by,
    })
    expect((await vault.openAll(slot.org)).sort()).toEqual([canaryKey, 'sk-ant-plain-00000'].sort())
    const raw = await vault.deps.database.query<{ envelope: Buffer }>(
      "select s.envelope from key_secrets s join provider_keys k on k.id = s.key_id where k.org_id = $1 and k.provider = 'openai'",
      [slot.org],
    )
    expect(raw[0]?.envelope.subarray(0, 3)).toEqual(Buffer.from('OP\u0001'))
    const [sealed] = (await loadSealedKeys(vault.deps, slot.org)).filter(({ binding }) => binding.provider === 'openai')
    expect(() => openKey(vault.deps.keyring, { ...sealed!, envelope: raw[0]!.envelope })).toThrow(OwnkeyError)
  })

  // Only there can a user lack the right.
  if (kind === 'postgres')
    it('says what to do when the database cannot have that layer', async () => {
      const { url } = vault.opened
      await vault.deps.database.query('drop extension if exists pgcrypto')
      await vault.deps.database.query('create role visitor login')
      const visitor = new URL(url as string)
      visitor.username = 'visitor'
      const database = await openDatabase({ url: visitor.href, dataDir: vault.opened.dataDir })
      await expect(ensureOuterLayer(database)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('no pgcrypto extension'),
        fix: expect.stringContaining('create extension pgcrypto'),
      })
      await database.close()
      await vault.deps.database.query('drop role visitor')
      await Promise.all([
        ensureOuterLayer(vault.deps.database),
        ensureOuterLayer(vault.deps.database),
        ensureOuterLayer(vault.deps.database),
      ])
    })

  it('lets a damaged outer layer, and one of a lost master key, spoil one key only', async () => {
    const layered = { ...vault.deps, outerLayer: 'pgcrypto' as const }
    const slot = await vault.newSlot()
    for (const provider of ['a', 'b', 'c', 'd', 'e']) {
      await putKey(layered, {
        slot: { ...slot, provider },
        secret: new Secret(`sk-of-${provider}-0000000`),
        masked,
        host,
        by,
      })
    }
    await vault.deps.database.query(
      "update key_secrets set envelope = set_byte(envelope, length(envelope) - 5, 255 - get_byte(envelope, length(envelope) - 5)) where key_id = (select id from provider_keys where org_id = $1 and provider = 'c')",
      [slot.org],
    )
    // The first letter of the master key's id: no master key is called so.
    await vault.deps.database.query(
      "update key_secrets set envelope = set_byte(envelope, 4, 33) where key_id = (select id from provider_keys where org_id = $1 and provider = 'd')",
      [slot.org],
    )
    const sealed = await loadSealedKeys(vault.deps, slot.org)
    const opened = sealed.map((key) => {
      try {
        return openKey(vault.deps.keyring, key).reveal()
      } catch (error) {
        return `${key.binding.provider}: ${(error as OwnkeyError).code}`
      }
    })
    expect(opened.sort()).toEqual([
      'c: key_unreadable',
      'd: key_unreadable',
      ...['a', 'b', 'e'].map((provider) => `sk-of-${provider}-0000000`),
    ])
  })
})
