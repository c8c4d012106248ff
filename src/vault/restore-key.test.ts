import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { by, host, masked, openTestVault, type TestVault } from '../../test/support/vault.ts'
import { generateMasterKey, parseKeyring, Secret } from '../crypto/index.ts'
import type { KeySlot } from '../store/index.ts'
import {
  dropExpiredVersions,
  ensureOuterLayer,
  loadSealedKeys,
  noteSeen,
  openKey,
  putKey,
  removeKey,
  restoreKey,
  rotateMasterKey,
  setKeyState,
} from './index.ts'

const first = 'sk-the-first-key-0001'
const second = 'sk-the-second-key-0002'

interface Change {
  keepHours?: number
  origin?: string
  model?: string
  rotateBy?: string
}

describe.each(databaseKinds)('a replaced key on %s', (kind) => {
  let vault: TestVault
  let now = Date.UTC(2026, 10, 21)
  beforeAll(async () => {
    vault = await openTestVault(kind)
  })
  afterAll(() => vault.opened.remove())

  const deps = () => ({ ...vault.deps, clock: { now: () => now } })
  const put = (slot: KeySlot, text: string, change: Change = {}) =>
    putKey(deps(), {
      slot,
      secret: new Secret(text),
      masked: { ...masked, hint: `…${text.slice(-4)}` },
      host: { ...host, ...(change.origin && { origin: change.origin }) },
      settings: { model: change.model, rotateBy: change.rotateBy },
      keepHours: change.keepHours,
      by,
    })
  const secretsOf = async (keyId: string) =>
    (
      await vault.opened.database.query<{ n: number }>('select count(*) as n from key_secrets where key_id = $1', [
        keyId,
      ])
    )[0]?.n
  const restore = (slot: KeySlot, keyId: string) => restoreKey(deps(), { org: slot.org, keyId, by })

  it('is gone at once where the plan keeps nothing', async () => {
    const slot = await vault.newSlot()
    await put(slot, first)
    const row = await put(slot, second)
    expect(await secretsOf(row.id)).toBe(1)
    await expect(restore(slot, row.id)).rejects.toMatchObject({ code: 'nothing_to_restore' })
  })

  it('comes back within its time, with its host and model, as a new version', async () => {
    const slot = await vault.newSlot()
    await put(slot, first, { origin: 'https://first.example.com', model: 'gpt-a', rotateBy: '2027-01-31' })
    const replaced = await put(slot, second, { keepHours: 24, model: 'gpt-b', rotateBy: '2028-02-29' })
    expect(await vault.openAll(slot.org)).toEqual([second])
    const seen = { id: replaced.id, version: 2, status: 'invalid', errorClass: 'invalid_key', at: new Date() } as const
    await noteSeen(vault.opened.database, [seen])
    await setKeyState(deps(), { org: slot.org, keyId: replaced.id, state: 'disabled', by })
    now += 23 * 3_600_000
    const restored = await restore(slot, replaced.id)
    expect(restored).toMatchObject({
      version: 3,
      origin: 'https://first.example.com',
      model: 'gpt-a',
      rotate_by: '2027-01-31',
      hint: '…0001',
      state: 'active',
      status: 'unverified',
      status_class: null,
    })
    expect(await vault.openAll(slot.org)).toEqual([first])
    expect(await secretsOf(replaced.id)).toBe(1)
    await expect(restore(slot, replaced.id)).rejects.toMatchObject({ code: 'nothing_to_restore' })
    const [row] = await vault.opened.database.query(
      'select action, detail from audit_log where org_id = $1 order by seq desc limit 1',
      [slot.org],
    )
    const whose = { holder: slot.holder, user: slot.user }
    expect(row).toMatchObject({ action: 'key.restore', detail: { restored: 1, version: 3, ...whose } })
  })

  it('cannot be restored after its time, and then its ciphertext is gone', async () => {
    const slot = await vault.newSlot()
    await put(slot, first)
    const { id } = await put(slot, second, { keepHours: 1 })
    now += 3_600_001
    await expect(restore(slot, id)).rejects.toMatchObject({ code: 'nothing_to_restore' })
    expect(await secretsOf(id)).toBe(2)
    await dropExpiredVersions(vault.opened.database, now)
    expect(await secretsOf(id)).toBe(1)
    expect(await vault.openAll(slot.org)).toEqual([second])
  })

  it('comes back from under the outer layer', async () => {
    await ensureOuterLayer(vault.opened.database)
    const slot = await vault.newSlot()
    const layered = { outerLayer: 'pgcrypto' as const }
    const { id } = await vault.put(slot, first, layered)
    await putKey({ ...deps(), ...layered }, { slot, secret: new Secret(second), masked, host, keepHours: 1, by })
    await restoreKey({ ...deps(), ...layered }, { org: slot.org, keyId: id, by })
    expect(await vault.openAll(slot.org)).toEqual([first])
  })

  it('is one at most: what was replaced before is gone', async () => {
    const slot = await vault.newSlot()
    await put(slot, first)
    await put(slot, second, { keepHours: 24 })
    const { id } = await put(slot, 'sk-the-third-key-0003', { keepHours: 24 })
    expect(await secretsOf(id)).toBe(2)
    await restore(slot, id)
    expect(await vault.openAll(slot.org)).toEqual([second])
  })

  it('goes with the key when it is removed or revoked', async () => {
    const slot = await vault.newSlot()
    await put(slot, first)
    const { id } = await put(slot, second, { keepHours: 24 })
    await removeKey(deps(), { org: slot.org, keyId: id, action: 'key.revoke', by })
    expect(await secretsOf(id)).toBe(0)
    const [row] = await vault.opened.database.query(
      'select action from audit_log where org_id = $1 order by seq desc limit 1',
      [slot.org],
    )
    expect(row).toEqual({ action: 'key.revoke' })
  })

  it('follows a rotation of the master key, also with another host than its successor', async () => {
    const slot = await vault.newSlot()
    await put(slot, first, { origin: 'https://first.example.com' })
    const { id } = await put(slot, second, { keepHours: 24 })
    const old = vault.deps.keyring.active
    const ring = `next:${generateMasterKey()}`
    const keyring = parseKeyring(new Secret(ring))
    const both = { active: keyring.active, byId: new Map([...keyring.byId, [old.id, old]]) } as typeof keyring
    expect((await rotateMasterKey({ ...deps(), keyring: both })).unreadable).toEqual({})
    const restored = await restoreKey({ ...deps(), keyring }, { org: slot.org, keyId: id, by })
    const [sealed] = (await loadSealedKeys({ ...deps(), keyring }, slot.org)).filter(
      ({ binding }) => binding.keyId === restored.id,
    )
    expect(openKey(keyring, sealed!).reveal()).toBe(first)
  })
})
