import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { listAudit, verifyAudit } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { generateMasterKey, parseKeyring, Secret } from '../crypto/index.ts'
import { systemClock } from '../lib/index.ts'
import { getKeyInSlot, getOrganization, type KeySlot, openDatabase, upsertOrganization } from '../store/index.ts'
import {
  checkMasterKey,
  ensureOuterLayer,
  loadSealedKeys,
  openKey,
  putKey,
  recordTest,
  removeKey,
  setKeyState,
  touchLastUsed,
  updateKey,
  type VaultDeps,
  verifyMasterKey,
} from './index.ts'

const by = { actor: { kind: 'member', id: 'u-1', name: 'Ada' }, ip: '192.0.2.1' }
const masked = { hint: 'sk-...wxyz', last4: 'wxyz' }
const host = { origin: 'https://api.openai.com', custom: false }
const canary = 'sk-CANARY-4f9d2c71b8e6a503-wxyz'

describe.each(databaseKinds)('the vault on %s', (kind) => {
  let opened: OpenTestDatabase
  let deps: VaultDeps
  let orgs = 0

  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    deps = { database: opened.database, keyring: parseKeyring(generateMasterKey()), clock: systemClock }
    await checkMasterKey(deps)
  })
  afterAll(() => opened.remove())

  async function newSlot(change: Partial<KeySlot> = {}): Promise<KeySlot> {
    const org = change.org ?? `org-${++orgs}`
    await upsertOrganization(deps.database, org, {
      name: org,
      plan: 'standard',
      addOns: [],
      byokEnabled: null,
      locale: null,
    })
    return { org, holder: 'organization', user: '', provider: 'openai', environment: 'production', ...change }
  }

  const put = (slot: KeySlot, text = canary) => putKey(deps, { slot, secret: new Secret(text), masked, host, by })
  const epochOf = async (org: string) => (await getOrganization(deps.database, org))?.epoch ?? 0
  const openAll = async (org: string) =>
    (await loadSealedKeys(deps, org)).map((sealed) => openKey(deps.keyring, sealed).reveal())

  it('keeps a key so that it opens again, with one audit row, one epoch more, and no trace of the text', async () => {
    const slot = await newSlot()
    const epoch = await epochOf(slot.org)
    const row = await put(slot)
    expect(row).toMatchObject({
      version: 1,
      hint: 'sk-...wxyz',
      last4: 'wxyz',
      state: 'active',
      status: 'unverified',
      scope: 'all',
      created_by: 'u-1',
    })
    expect(await openAll(slot.org)).toEqual([canary])
    expect(await epochOf(slot.org)).toBe(epoch + 1)
    const audit = await listAudit(deps.database, slot.org)
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

  it('has no row in any table that holds the key or its first eight characters', async () => {
    const slot = await newSlot()
    await put(slot)
    const tables = await deps.database.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    )
    const forms = [
      canary,
      canary.slice(0, 8),
      Buffer.from(canary).toString('hex'),
      Buffer.from(canary).toString('base64'),
    ]
    for (const { name } of tables) {
      const dump = JSON.stringify(await deps.database.query(`select t::text as row from ${name} t`))
      for (const form of forms) expect(dump.includes(form), `${name} shows the key`).toBe(false)
    }
  })

  it('replaces a key in its slot: same id, next version, settings kept, the old ciphertext gone', async () => {
    const slot = await newSlot()
    const first = await putKey(deps, {
      slot,
      secret: new Secret(canary),
      masked,
      host,
      by,
      settings: { label: 'Team A', model: 'gpt-4.1' },
    })
    const [before] = await loadSealedKeys(deps, slot.org)
    const second = await putKey(deps, {
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
      custom_host: true,
      last4: '6789',
    })
    expect(await openAll(slot.org)).toEqual(['sk-new-0123456789'])
    expect(await deps.database.query('select version from key_secrets where key_id = $1', [first.id])).toEqual([
      { version: 2 },
    ])
    // What an attacker kept of the old version does not open in the place of the new one.
    const [now] = await loadSealedKeys(deps, slot.org)
    expect(() => openKey(deps.keyring, { binding: now!.binding, envelope: before!.envelope })).toThrow(OwnkeyError)
    expect((await listAudit(deps.database, slot.org)).map(({ action }) => action)).toEqual(['key.replace', 'key.set'])
  })

  it('has one key a slot, whatever happens at once', async () => {
    const slot = await newSlot()
    await Promise.all(Array.from({ length: 8 }, (_, index) => put(slot, `sk-parallel-${index}-000000`)))
    expect(await getKeyInSlot(deps.database, slot)).toMatchObject({ version: 8 })
    expect(await openAll(slot.org)).toHaveLength(1)
    expect(await listAudit(deps.database, slot.org)).toHaveLength(8)
  })

  it('changes settings without touching the key, and leaves no trace when nothing changes', async () => {
    const slot = await newSlot()
    const row = await put(slot)
    const change = {
      org: slot.org,
      keyId: row.id,
      by,
      settings: { scope: 'chat_only', fallback: false, rotateBy: '2027-01-31' },
    }
    expect(await updateKey(deps, change)).toMatchObject({
      version: 1,
      scope: 'chat_only',
      fallback: false,
      rotate_by: '2027-01-31',
      hint: row.hint,
    })
    const epoch = await epochOf(slot.org)
    expect(await updateKey(deps, change)).toMatchObject({ scope: 'chat_only' })
    expect(await epochOf(slot.org)).toBe(epoch)
    const [latest, ...rest] = await listAudit(deps.database, slot.org)
    expect(latest).toMatchObject({
      action: 'key.update',
      detail: { changes: { scope: { from: 'all', to: 'chat_only' }, fallback: { from: null, to: false } } },
    })
    expect(rest).toHaveLength(1)
    expect(await openAll(slot.org)).toEqual([canary])
  })

  it('asks for the key again when its host would be another', async () => {
    const slot = await newSlot()
    const row = await put(slot)
    const move = {
      org: slot.org,
      keyId: row.id,
      by,
      settings: { baseUrl: 'https://evil.example' },
      origin: 'https://evil.example',
    }
    await expect(updateKey(deps, move)).rejects.toMatchObject({ code: 'key_required', status: 409 })
    expect(await getKeyInSlot(deps.database, slot)).toMatchObject({ origin: host.origin, base_url: null })
  })

  it('disables and enables, and removes so that every row of the key is gone', async () => {
    const slot = await newSlot()
    const { id: keyId } = await put(slot)
    expect(await setKeyState(deps, { org: slot.org, keyId, state: 'disabled', by })).toMatchObject({
      state: 'disabled',
    })
    expect(await setKeyState(deps, { org: slot.org, keyId, state: 'active', by })).toMatchObject({ state: 'active' })
    const epoch = await epochOf(slot.org)
    await removeKey(deps, { org: slot.org, keyId, by })
    expect(await epochOf(slot.org)).toBe(epoch + 1)
    expect(
      await deps.database.query(
        'select 1 from provider_keys where id = $1 union all select 1 from key_secrets where key_id = $1',
        [keyId],
      ),
    ).toEqual([])
    expect((await listAudit(deps.database, slot.org)).map(({ action }) => action)).toEqual([
      'key.clear',
      'key.enable',
      'key.disable',
      'key.set',
    ])
    await expect(removeKey(deps, { org: slot.org, keyId, by })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('answers for another organization’s key as for one that is not there', async () => {
    const mine = await newSlot()
    const theirs = await newSlot()
    const { id: keyId } = await put(theirs)
    const attempts = [
      updateKey(deps, { org: mine.org, keyId, settings: { scope: 'x' }, by }),
      setKeyState(deps, { org: mine.org, keyId, state: 'disabled', by }),
      removeKey(deps, { org: mine.org, keyId, by }),
      updateKey(deps, { org: mine.org, keyId: 'key_nobody', settings: { scope: 'x' }, by }),
    ]
    const errors = await Promise.all(
      attempts.map((attempt) =>
        attempt.then(
          () => 'done',
          (error) => `${error.code} ${error.message}`,
        ),
      ),
    )
    expect(new Set(errors)).toEqual(new Set(['not_found There is no such key.']))
    expect(await recordTest(deps, { org: mine.org, keyId, version: 1, status: 'invalid' })).toBe(false)
    await expect(put({ ...mine, org: 'org-nobody' })).rejects.toMatchObject({ code: 'org_unknown' })
    expect(await listAudit(deps.database, 'org-nobody')).toEqual([])
  })

  it('keeps a test’s result with its version only', async () => {
    const slot = await newSlot()
    const { id: keyId } = await put(slot)
    expect(
      await recordTest(deps, { org: slot.org, keyId, version: 1, status: 'quota', result: { status: 'quota' }, by }),
    ).toBe(true)
    await recordTest(deps, { org: slot.org, keyId, version: 1, status: 'valid' })
    expect(await getKeyInSlot(deps.database, slot)).toMatchObject({ status: 'valid', last_test: { status: 'quota' } })
    await put(slot, 'sk-second-0000000')
    expect(await recordTest(deps, { org: slot.org, keyId, version: 1, status: 'invalid' })).toBe(false)
    expect(await getKeyInSlot(deps.database, slot)).toMatchObject({ status: 'unverified', last_test: null })
    expect(await listAudit(deps.database, slot.org, { action: 'key.test' })).toHaveLength(1)
  })

  it('notes the last use of many keys at once and never goes back in time', async () => {
    const slot = await newSlot()
    const { id } = await put(slot)
    await touchLastUsed(
      deps.database,
      new Map([
        [id, 2_000_000],
        ['key_gone', 1],
      ]),
    )
    await touchLastUsed(deps.database, new Map([[id, 1_000_000]]))
    expect(await getKeyInSlot(deps.database, slot)).toMatchObject({ last_used_at: new Date(2_000_000) })
  })

  it('does not open a ciphertext that was moved among 50 organizations: 0 of 2450', async () => {
    const slots = await Promise.all(Array.from({ length: 50 }, () => newSlot()))
    for (const slot of slots) await put(slot, `sk-of-${slot.org}-000000`)
    const sealed = (await Promise.all(slots.map(({ org }) => loadSealedKeys(deps, org)))).flat()
    let opened = 0
    for (const mine of sealed) {
      for (const theirs of sealed) {
        try {
          openKey(deps.keyring, { binding: mine.binding, envelope: theirs.envelope })
          opened++
        } catch (error) {
          expect((error as OwnkeyError).code).toBe('key_unreadable')
        }
      }
    }
    expect(opened).toBe(50)
  })

  it('binds every field: a row edited in the database does not open', async () => {
    const slot = await newSlot()
    const { id } = await put(slot)
    const edits: [string, string, unknown][] = [
      ['provider', "'anthropic'", 'openai'],
      ['environment', "'staging'", 'production'],
      ['origin', "'https://evil.example'", host.origin],
      ['version', '2', 1],
    ]
    for (const [column, value, back] of edits) {
      await deps.database.query(`update provider_keys set ${column} = ${value} where id = $1`, [id])
      if (column === 'version') await deps.database.query('update key_secrets set version = 2 where key_id = $1', [id])
      await expect(openAll(slot.org), column).rejects.toMatchObject({ code: 'key_unreadable' })
      await deps.database.query(`update provider_keys set ${column} = $2 where id = $1`, [id, back])
      if (column === 'version') await deps.database.query('update key_secrets set version = 1 where key_id = $1', [id])
    }
    await deps.database.query("update provider_keys set holder = 'user', user_id = 'u-9' where id = $1", [id])
    await expect(openAll(slot.org)).rejects.toMatchObject({ code: 'key_unreadable' })
    await deps.database.query("update provider_keys set holder = 'organization', user_id = '' where id = $1", [id])
    expect(await openAll(slot.org)).toEqual([canary])
  })

  it('changes nothing at all when the audit row cannot be written', async () => {
    const slot = await newSlot()
    await put(slot)
    const epoch = await epochOf(slot.org)
    await deps.database.query(
      "alter table audit_log add constraint full_disk check (action <> 'key.clear' and action <> 'key.replace') not valid",
    )
    const { id: keyId } = (await getKeyInSlot(deps.database, slot))!
    await expect(removeKey(deps, { org: slot.org, keyId, by })).rejects.toThrow()
    await expect(put(slot, 'sk-never-stored-00')).rejects.toThrow()
    await deps.database.query('alter table audit_log drop constraint full_disk')
    expect([await openAll(slot.org), await epochOf(slot.org)]).toEqual([[canary], epoch])
    expect((await verifyAudit(deps)).intact).toBe(true)
  })

  it('puts PostgreSQL’s own encryption around the envelope when told to, and neither layer opens alone', async () => {
    await ensureOuterLayer(deps.database)
    const slot = await newSlot()
    const layered = { ...deps, outerLayer: 'pgcrypto' as const }
    await putKey(layered, { slot, secret: new Secret(canary), masked, host, by })
    await putKey(deps, {
      slot: { ...slot, provider: 'anthropic' },
      secret: new Secret('sk-ant-plain-00000'),
      masked,
      host,
      by,
    })
    expect((await openAll(slot.org)).sort()).toEqual([canary, 'sk-ant-plain-00000'].sort())
    const raw = await deps.database.query<{ envelope: Buffer }>(
      "select s.envelope from key_secrets s join provider_keys k on k.id = s.key_id where k.org_id = $1 and k.provider = 'openai'",
      [slot.org],
    )
    expect(raw[0]?.envelope.subarray(0, 3)).toEqual(Buffer.from('OP\u0001'))
    const [sealed] = (await loadSealedKeys(deps, slot.org)).filter(({ binding }) => binding.provider === 'openai')
    expect(() => openKey(deps.keyring, { ...sealed!, envelope: raw[0]!.envelope })).toThrow(OwnkeyError)
  })

  // Only there can a user lack the right.
  if (kind === 'postgres')
    it('says what to do when the database cannot have that layer', async () => {
      const { url } = opened
      await deps.database.query('drop extension if exists pgcrypto')
      await deps.database.query('create role visitor login')
      const visitor = new URL(url as string)
      visitor.username = 'visitor'
      const database = await openDatabase({ url: visitor.href, dataDir: opened.dataDir })
      await expect(ensureOuterLayer(database)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('no pgcrypto extension'),
        fix: expect.stringContaining('create extension pgcrypto'),
      })
      await database.close()
      await deps.database.query('drop role visitor')
      await Promise.all([
        ensureOuterLayer(deps.database),
        ensureOuterLayer(deps.database),
        ensureOuterLayer(deps.database),
      ])
    })

  it('lets one damaged outer layer spoil one key only', async () => {
    const layered = { ...deps, outerLayer: 'pgcrypto' as const }
    const slot = await newSlot()
    for (const provider of ['a', 'b', 'c', 'd', 'e']) {
      await putKey(layered, {
        slot: { ...slot, provider },
        secret: new Secret(`sk-of-${provider}-0000000`),
        masked,
        host,
        by,
      })
    }
    await deps.database.query(
      "update key_secrets set envelope = set_byte(envelope, length(envelope) - 5, 255 - get_byte(envelope, length(envelope) - 5)) where key_id = (select id from provider_keys where org_id = $1 and provider = 'c')",
      [slot.org],
    )
    const sealed = await loadSealedKeys(deps, slot.org)
    const opened = sealed.map((key) => {
      try {
        return openKey(deps.keyring, key).reveal()
      } catch (error) {
        return `${key.binding.provider}: ${(error as OwnkeyError).code}`
      }
    })
    expect(opened.sort()).toEqual([
      'c: key_unreadable',
      ...['a', 'b', 'd', 'e'].map((provider) => `sk-of-${provider}-0000000`),
    ])
  })

  it('knows its master key: another, or one too few, is refused without a write', async () => {
    const state = () =>
      deps.database.query(
        "select (select count(*) from audit_log) as audit, md5(string_agg(d::text, '')) as deployment from deployment d",
      )
    const before = await state()
    const other = parseKeyring(generateMasterKey())
    const sameId = parseKeyring(`${deps.keyring.active.id}:${generateMasterKey()}`)
    for (const keyring of [other, sameId]) {
      for (const check of [verifyMasterKey, checkMasterKey]) {
        await expect(check({ database: deps.database, keyring })).rejects.toMatchObject({
          code: 'master_key_invalid',
          message: expect.stringContaining(deps.keyring.active.id),
        })
      }
    }
    await checkMasterKey(deps)
    expect(await state()).toEqual(before)
  })
})
