import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { by, openTestVault, type TestVault } from '../../test/support/vault.ts'
import { getKeyById, type KeySlot } from '../store/index.ts'
import { acceptRestored, compareWithRecord, keepRecord, setKeyState } from './index.ts'

let vault: TestVault
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-restored-'))
  vault = await openTestVault('postgres')
})
afterEach(async () => {
  await vault?.opened.remove()
  rmSync(folder, { recursive: true, force: true })
})

test('of the keys that were switched, those came back that were disabled last and serve in the same version', async () => {
  const { deps } = vault
  const slot = await vault.newSlot()
  const thrown = (trouble: unknown) => {
    throw trouble
  }
  const kept = keepRecord({ database: deps.database, folder, onTrouble: thrown, onRestored: () => {} })
  const slotOf = (provider: string): KeySlot => ({ ...slot, provider })
  const ids = new Map<string, string>()
  for (const provider of ['back', 'enabled', 'replaced', 'still-disabled'])
    ids.set(provider, (await vault.put(slotOf(provider))).id)
  const change = (provider: string, state: 'active' | 'disabled') =>
    setKeyState(deps, { org: slot.org, keyId: ids.get(provider) as string, state, by })
  for (const provider of ids.keys()) await change(provider, 'disabled')
  await change('enabled', 'active')
  await kept.write()

  // As a backup from before has it, but for one that was disabled there already.
  await deps.database.query('delete from withdrawals')
  await deps.database.query("update provider_keys set state = 'active' where provider <> 'still-disabled'")
  await vault.put(slotOf('replaced'), 'sk-another-key-000001')
  await kept.close()
  const found = await compareWithRecord({ database: deps.database, folder })
  expect(found?.cameBack).toMatchObject([{ kind: 'disabled_key', id: ids.get('back'), provider: 'back', version: 1 }])

  await acceptRestored(deps, { folder, asIs: false, by })
  const states = [...ids].map(async ([provider, id]) => {
    const key = await getKeyById(deps.database, { org: slot.org, id })
    return [provider, key?.state]
  })
  expect(Object.fromEntries(await Promise.all(states))).toEqual({
    back: 'disabled',
    enabled: 'active',
    replaced: 'active',
    'still-disabled': 'disabled',
  })
})
