import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { canaryKey, host, openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { OwnkeyError } from '../contract/index.ts'
import { generateMasterKey, parseKeyring } from '../crypto/index.ts'
import { checkMasterKey, type KeyBinding, loadSealedKeys, openKey, type SealedKey, verifyMasterKey } from './index.ts'

describe.each(databaseKinds)('what the vault promises on %s', (kind) => {
  let vault: TestVault

  beforeAll(async () => {
    vault = await openTestVault(kind)
  })
  afterAll(() => vault.opened.remove())

  it('has no row in any table that holds the key or its first eight characters', async () => {
    const slot = await vault.newSlot()
    await vault.put(slot)
    const tables = await vault.deps.database.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    )
    const forms = [
      canaryKey,
      canaryKey.slice(0, 8),
      Buffer.from(canaryKey).toString('hex'),
      Buffer.from(canaryKey).toString('base64'),
    ]
    for (const { name } of tables) {
      const dump = JSON.stringify(await vault.deps.database.query(`select t::text as row from ${name} t`))
      for (const form of forms) expect(dump.includes(form), `${name} shows the key`).toBe(false)
    }
  })

  it('does not open a ciphertext that was moved among 50 organizations: 0 of 2450', async () => {
    const slots = await Promise.all(Array.from({ length: 50 }, () => vault.newSlot()))
    for (const slot of slots) await vault.put(slot, `sk-of-${slot.org}-000000`)
    const sealed = (await Promise.all(slots.map(({ org }) => loadSealedKeys(vault.deps, org)))).flat()
    let opened = 0
    for (const mine of sealed) {
      for (const theirs of sealed) {
        try {
          openKey(vault.deps.keyring, { binding: mine.binding, envelope: theirs.envelope })
          opened++
        } catch (error) {
          expect((error as OwnkeyError).code).toBe('key_unreadable')
        }
      }
    }
    expect(opened).toBe(50)
  })

  it('binds every field: a row edited in the database does not open', async () => {
    const slot = await vault.newSlot()
    const { id } = await vault.put(slot)
    const edits: [string, string, unknown][] = [
      ['provider', "'anthropic'", 'openai'],
      ['environment', "'staging'", 'production'],
      ['origin', "'https://evil.example'", host.origin],
      ['version', '2', 1],
    ]
    for (const [column, value, back] of edits) {
      await vault.deps.database.query(`update provider_keys set ${column} = ${value} where id = $1`, [id])
      if (column === 'version')
        await vault.deps.database.query('update key_secrets set version = 2 where key_id = $1', [id])
      await expect(vault.openAll(slot.org), column).rejects.toMatchObject({ code: 'key_unreadable' })
      await vault.deps.database.query(`update provider_keys set ${column} = $2 where id = $1`, [id, back])
      if (column === 'version')
        await vault.deps.database.query('update key_secrets set version = 1 where key_id = $1', [id])
    }
    await vault.deps.database.query("update provider_keys set holder = 'user', user_id = 'u-9' where id = $1", [id])
    await expect(vault.openAll(slot.org)).rejects.toMatchObject({ code: 'key_unreadable' })
    await vault.deps.database.query("update provider_keys set holder = 'organization', user_id = '' where id = $1", [
      id,
    ])
    expect(await vault.openAll(slot.org)).toEqual([canaryKey])
  })

  it('binds each field by itself: with any one of them another, it does not open', async () => {
    const slot = await vault.newSlot({ holder: 'user', user: 'u-1' })
    await vault.put(slot)
    const [sealed] = await loadSealedKeys(vault.deps, slot.org)
    const { binding, envelope } = sealed as SealedKey
    const others: KeyBinding = {
      org: 'another',
      holder: 'organization',
      user: 'u-2',
      provider: 'anthropic',
      environment: 'staging',
      keyId: 'key_another',
      version: 2,
      origin: 'https://evil.example',
    }
    expect(Object.keys(others).sort()).toEqual(Object.keys(binding).sort())
    for (const [field, other] of Object.entries(others)) {
      const moved = { binding: { ...binding, [field]: other }, envelope }
      expect(() => openKey(vault.deps.keyring, moved), field).toThrow('cannot be decrypted')
    }
    expect(openKey(vault.deps.keyring, { binding, envelope }).reveal()).toBe(canaryKey)
  })

  it('knows its master key: another, or one too few, is refused without a write', async () => {
    const state = () =>
      vault.deps.database.query(
        "select (select count(*) from audit_log) as audit, md5(string_agg(d::text, '')) as deployment from deployment d",
      )
    const before = await state()
    const other = parseKeyring(generateMasterKey())
    const sameId = parseKeyring(`${vault.deps.keyring.active.id}:${generateMasterKey()}`)
    for (const keyring of [other, sameId]) {
      for (const check of [verifyMasterKey, checkMasterKey]) {
        await expect(check({ database: vault.deps.database, keyring })).rejects.toMatchObject({
          code: 'master_key_invalid',
          message: expect.stringContaining(vault.deps.keyring.active.id),
        })
      }
    }
    await checkMasterKey(vault.deps)
    expect(await state()).toEqual(before)
  })
})
