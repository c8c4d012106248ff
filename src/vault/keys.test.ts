import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { by, canaryKey, host, masked, openTestVault, type TestVault } from '../../test/support/vault.ts'
import { listAudit, verifyAudit } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { Secret } from '../crypto/index.ts'
import { getKeyInSlot } from '../store/index.ts'
import {
  loadSealedKeys,
  noteSeen,
  openKey,
  putKey,
  recordTest,
  removeKey,
  setKeyState,
  touchLastUsed,
  updateKey,
} from './index.ts'

describe.each(databaseKinds)('the vault’s verbs on %s', (kind) => {
  let vault: TestVault

  beforeAll(async () => {
    vault = await openTestVault(kind)
  })
  afterAll(() => vault.opened.remove())

  it('keeps a key so that it opens again, with one audit row, one epoch more, and no trace of the text', async () => {
    const slot = await vault.newSlot()
    const epoch = await vault.epochOf(slot.org)
    const row = await vault.put(slot)
    expect(row).toMatchObject({
      version: 1,
      hint: 'sk-...wxyz',
      last4: 'wxyz',
      state: 'active',
      status: 'unverified',
      scope: 'all',
      created_by: 'u-1',
    })
    expect(await vault.openAll(slot.org)).toEqual([canaryKey])
    expect(await vault.epochOf(slot.org)).toBe(epoch + 1)
    const audit = await listAudit(vault.deps.database, slot.org)
    expect(audit).toMatchObject([
      {
        seq: 1,
        action: 'key.set',
        target: row.id,
        actor: { kind: 'member', id: 'u-1', name: 'Ada' },
        ip: '192.0.2.1',
        detail: { provider: 'openai', hint: 'sk-...wxyz', version: 1 },
      },
    ])
  })

  it('replaces a key in its slot: same id, next version, settings kept, the old ciphertext gone', async () => {
    const slot = await vault.newSlot()
    const first = await putKey(vault.deps, {
      slot,
      secret: new Secret(canaryKey),
      masked,
      host,
      by,
      settings: { label: 'Team A', model: 'gpt-4.1' },
    })
    const [before] = await loadSealedKeys(vault.deps, slot.org)
    const seen = { id: first.id, version: 1, status: 'invalid', errorClass: 'invalid_key', at: new Date() } as const
    await noteSeen(vault.deps.database, [seen])
    expect(await getKeyInSlot(vault.deps.database, slot)).toMatchObject({ status_class: 'invalid_key' })
    const second = await putKey(vault.deps, {
      slot,
      secret: new Secret('sk-new-0123456789'),
      masked: { hint: 'sk-...6789', last4: '6789' },
      host: { origin: 'https://llm.example.com', custom: true },
      settings: { model: null, baseUrl: 'https://llm.example.com/v1' },
      test: { status: 'valid', result: { status: 'valid', checks: [] } },
      by,
    })
    expect(second).toMatchObject({
      id: first.id,
      version: 2,
      label: 'Team A',
      model: null,
      status: 'valid',
      // What failed was the key before.
      status_class: null,
      custom_host: true,
      last4: '6789',
    })
    expect(await vault.openAll(slot.org)).toEqual(['sk-new-0123456789'])
    expect(await vault.deps.database.query('select version from key_secrets where key_id = $1', [first.id])).toEqual([
      { version: 2 },
    ])
    // What an attacker kept of the old version does not open in the place of the new one.
    const [now] = await loadSealedKeys(vault.deps, slot.org)
    expect(() => openKey(vault.deps.keyring, { binding: now!.binding, envelope: before!.envelope })).toThrow(
      OwnkeyError,
    )
    expect(await listAudit(vault.deps.database, slot.org)).toMatchObject([
      { action: 'key.replace', detail: { hint: 'sk-...6789', hintBefore: masked.hint, version: 2 } },
      { action: 'key.set' },
    ])
  })

  it('has one key a slot, whatever happens at once', async () => {
    const slot = await vault.newSlot()
    await Promise.all(Array.from({ length: 8 }, (_, index) => vault.put(slot, `sk-parallel-${index}-000000`)))
    expect(await getKeyInSlot(vault.deps.database, slot)).toMatchObject({ version: 8 })
    expect(await vault.openAll(slot.org)).toHaveLength(1)
    expect(await listAudit(vault.deps.database, slot.org)).toHaveLength(8)
  })

  it('changes settings without touching the key, and leaves no trace when nothing changes', async () => {
    const slot = await vault.newSlot()
    const row = await vault.put(slot)
    const change = {
      org: slot.org,
      keyId: row.id,
      by,
      settings: { scope: 'chat_only', fallback: false, rotateBy: '2027-01-31' },
    }
    expect(await updateKey(vault.deps, change)).toMatchObject({
      version: 1,
      scope: 'chat_only',
      fallback: false,
      rotate_by: '2027-01-31',
      hint: row.hint,
    })
    const epoch = await vault.epochOf(slot.org)
    expect(await updateKey(vault.deps, change)).toMatchObject({ scope: 'chat_only' })
    expect(await vault.epochOf(slot.org)).toBe(epoch)
    const [latest, ...rest] = await listAudit(vault.deps.database, slot.org)
    expect(latest).toMatchObject({
      action: 'key.update',
      detail: { changes: { scope: { from: 'all', to: 'chat_only' }, fallback: { from: null, to: false } } },
    })
    expect(rest).toHaveLength(1)
    expect(await vault.openAll(slot.org)).toEqual([canaryKey])
  })

  it('asks for the key again when its host would be another', async () => {
    const slot = await vault.newSlot()
    const row = await vault.put(slot)
    const move = {
      org: slot.org,
      keyId: row.id,
      by,
      settings: { baseUrl: 'https://evil.example' },
      origin: 'https://evil.example',
    }
    await expect(updateKey(vault.deps, move)).rejects.toMatchObject({ code: 'key_required', status: 409 })
    expect(await getKeyInSlot(vault.deps.database, slot)).toMatchObject({ origin: host.origin, base_url: null })
  })

  it('disables and enables, and removes so that every row of the key is gone', async () => {
    const slot = await vault.newSlot()
    const { id: keyId } = await vault.put(slot)
    // The second one changes nothing and leaves no trace.
    for (let i = 0; i < 2; i++)
      expect(await setKeyState(vault.deps, { org: slot.org, keyId, state: 'disabled', by })).toMatchObject({
        state: 'disabled',
      })
    expect(await setKeyState(vault.deps, { org: slot.org, keyId, state: 'active', by })).toMatchObject({
      state: 'active',
    })
    const epoch = await vault.epochOf(slot.org)
    await removeKey(vault.deps, { org: slot.org, keyId, by })
    expect(await vault.epochOf(slot.org)).toBe(epoch + 1)
    expect(
      await vault.deps.database.query(
        'select 1 from provider_keys where id = $1 union all select 1 from key_secrets where key_id = $1',
        [keyId],
      ),
    ).toEqual([])
    expect((await listAudit(vault.deps.database, slot.org)).map(({ action }) => action)).toEqual([
      'key.clear',
      'key.enable',
      'key.disable',
      'key.set',
    ])
    await expect(removeKey(vault.deps, { org: slot.org, keyId, by })).rejects.toMatchObject({ code: 'key_unknown' })
  })

  it('answers for another organization’s key as for one that is not there', async () => {
    const mine = await vault.newSlot()
    const theirs = await vault.newSlot()
    const { id: keyId } = await vault.put(theirs)
    const attempts = [
      updateKey(vault.deps, { org: mine.org, keyId, settings: { scope: 'x' }, by }),
      setKeyState(vault.deps, { org: mine.org, keyId, state: 'disabled', by }),
      removeKey(vault.deps, { org: mine.org, keyId, by }),
      updateKey(vault.deps, { org: mine.org, keyId: 'key_nobody', settings: { scope: 'x' }, by }),
    ]
    const errors = await Promise.all(
      attempts.map((attempt) =>
        attempt.then(
          () => 'done',
          (error) => `${error.code} ${error.message}`,
        ),
      ),
    )
    expect(new Set(errors)).toEqual(new Set(['key_unknown There is no key in this place.']))
    expect(await recordTest(vault.deps, { org: mine.org, keyId, version: 1, status: 'invalid' })).toBe(false)
    await expect(vault.put({ ...mine, org: 'org-nobody' })).rejects.toMatchObject({ code: 'org_unknown' })
    expect(await listAudit(vault.deps.database, 'org-nobody')).toEqual([])
  })

  it('keeps a test’s result with its version only', async () => {
    const slot = await vault.newSlot()
    const { id: keyId } = await vault.put(slot)
    expect(
      await recordTest(vault.deps, {
        org: slot.org,
        keyId,
        version: 1,
        status: 'quota',
        result: { status: 'quota' },
        by,
      }),
    ).toBe(true)
    await recordTest(vault.deps, { org: slot.org, keyId, version: 1, status: 'valid' })
    expect(await getKeyInSlot(vault.deps.database, slot)).toMatchObject({
      status: 'valid',
      last_test: { status: 'quota' },
    })
    await vault.put(slot, 'sk-second-0000000')
    expect(await recordTest(vault.deps, { org: slot.org, keyId, version: 1, status: 'invalid', by })).toBe(false)
    expect(await getKeyInSlot(vault.deps.database, slot)).toMatchObject({ status: 'unverified', last_test: null })
    expect(await listAudit(vault.deps.database, slot.org, { action: 'key.test' })).toHaveLength(1)
  })

  it('notes the last use of many keys at once and never goes back in time', async () => {
    const slot = await vault.newSlot()
    const { id } = await vault.put(slot)
    await touchLastUsed(
      vault.deps.database,
      new Map([
        [id, 2_000_000],
        ['key_gone', 1],
      ]),
    )
    await touchLastUsed(vault.deps.database, new Map([[id, 1_000_000]]))
    expect(await getKeyInSlot(vault.deps.database, slot)).toMatchObject({ last_used_at: new Date(2_000_000) })
  })

  it('changes nothing at all when the audit row cannot be written', async () => {
    const slot = await vault.newSlot()
    await vault.put(slot)
    const epoch = await vault.epochOf(slot.org)
    await vault.deps.database.query(
      "alter table audit_log add constraint full_disk check (action <> 'key.clear' and action <> 'key.replace') not valid",
    )
    const { id: keyId } = (await getKeyInSlot(vault.deps.database, slot))!
    await expect(removeKey(vault.deps, { org: slot.org, keyId, by })).rejects.toThrow()
    await expect(vault.put(slot, 'sk-never-stored-00')).rejects.toThrow()
    await vault.deps.database.query('alter table audit_log drop constraint full_disk')
    expect([await vault.openAll(slot.org), await vault.epochOf(slot.org)]).toEqual([[canaryKey], epoch])
    expect((await verifyAudit(vault.deps)).intact).toBe(true)
  })
})
