/** C2, C3, C4, C5 and C8: PostgreSQL goes away, falls silent, loses its answers, or can take no writes. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { openStage, rounds, type Stage } from './stage.ts'

/** The promise, and what a machine that does much else may add to it. */
const promisedMs = 2_000 + 500

async function timed<T>(work: () => Promise<T>): Promise<[answer: T, took: number]> {
  const begun = performance.now()
  return [await work(), performance.now() - begun]
}

describe('C2: PostgreSQL stopped at once', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage?.close())

  const ways = ['cut', 'silence'] as const
  for (const [round, way] of Array.from({ length: rounds }, () => ways)
    .flat()
    .entries()) {
    test(`round ${round}, by ${way}: what needs a write is refused clearly within two seconds, and no acknowledged row is lost`, async () => {
      const { ownkey, line, ask } = stage
      const acknowledged: string[] = []
      for (let n = 0; n < 5; n++) {
        await ownkey.putOrg(`kept-${round}-${n}`)
        acknowledged.push(`kept-${round}-${n}`)
      }
      expect((await ask('near')).status).toBe(200)
      line[way]()
      const [put, reserve, own] = await Promise.all([
        timed(() => ownkey.api('PUT', `/orgs/refused-${round}`, { name: 'No', plan: 'standard' })),
        timed(() => ask('near')),
        timed(() => ownkey.api('PUT', '/orgs/own/keys/openai', { key: `${canaryKeys.openai}9` })),
      ])
      expect([put[0].status, put[0].body.code]).toEqual([503, 'unavailable'])
      expect([reserve[0].status, reserve[0].header('ownkey-error')]).toEqual([503, 'unavailable'])
      expect([own[0].status, own[0].body.code]).toEqual([503, 'unavailable'])
      for (const [, took] of [put, reserve, own]) expect(took).toBeLessThan(promisedMs)
      // Once it is known, nobody waits.
      const [again, took] = await timed(() => ownkey.api('PUT', '/orgs/refused', { name: 'No', plan: 'standard' }))
      expect(again.status).toBe(503)
      expect(took).toBeLessThan(promisedMs)
      line.mend()
      await expect.poll(async () => (await fetch(`${ownkey.url}/readyz`)).status, { timeout: 20_000 }).toBe(200)
      for (const org of acknowledged) expect((await ownkey.api('GET', `/orgs/${org}`)).status).toBe(200)
      await expect.poll(async () => (await ask('own')).status, { timeout: 20_000 }).toBe(200)
      expect((await stage.settledBooks()).faults).toEqual([])
    }, 180_000)
  }
})

describe('C3: the connection is cut after COMMIT was sent', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage?.close())

  test('settling and reserving again changes nothing', async () => {
    const { line, ask, settledBooks } = stage
    for (let round = 0; round < rounds * 3; round++) {
      const before = line.commitsCut()
      line.cutAfterCommits(3)
      const answers = await Promise.all([ask('near'), ask('platform'), ask('own'), ask('own', { stream: true })])
      for (const { status } of answers) expect([200, 402, 503]).toContain(status)
      await expect
        .poll(
          async () => {
            if (line.commitsCut() < before + 3) await ask('own')
            return line.commitsCut()
          },
          { timeout: 30_000 },
        )
        .toBe(before + 3)
      line.mend()
    }
    expect((await settledBooks()).faults).toEqual([])
  }, 240_000)

  test('a top-up that is sent again with its key is given once', async () => {
    const { ownkey, line } = stage
    await ownkey.putOrg('topped')
    const topUp = (key: string) =>
      ownkey.api('POST', '/orgs/topped/credits', { amount: 7, reason: 'test', idempotencyKey: key })
    for (let round = 1; round <= rounds * 2; round++) {
      line.cutAfterCommits(1)
      let answer = await topUp(`once-${round}`)
      for (let tries = 0; answer.status === 503 && tries < 20; tries++) answer = await topUp(`once-${round}`)
      expect(answer.status).toBeLessThan(300)
      line.mend()
      expect((await topUp(`once-${round}`)).body.balance).toBe(7 * round)
    }
  }, 120_000)
})

describe('C4: a node is cut off from PostgreSQL, its cache warm', () => {
  test('it serves on for the configured grace, stops then, and never sends a revoked key for longer than five seconds', async () => {
    const stage = await openStage({ config: { gateway: { graceSeconds: 3 } } })
    const { line, ask, upstream, databaseUrl } = stage
    for (const org of ['platform', 'own'] as const) expect((await ask(org)).status).toBe(200)
    line.silence()
    const cutAt = performance.now()
    await revokeKeys(databaseUrl)
    const served: number[] = []
    const refused: number[] = []
    const caller = async (org: 'platform' | 'own') => {
      while (performance.now() - cutAt < 8_000) {
        const at = performance.now() - cutAt
        const { status } = await ask(org)
        if (status === 200) served.push(at)
        else {
          expect(status).toBe(503)
          refused.push(at)
        }
      }
    }
    await Promise.all([caller('platform'), caller('own'), caller('own')])
    expect(served.length).toBeGreaterThan(10)
    // The newest reading may have begun just before the cut.
    expect(Math.max(...served)).toBeGreaterThan(1_000)
    expect(Math.max(...served)).toBeLessThan(3_000 + 500)
    expect(refused.length).toBeGreaterThan(0)
    const lastOwn = upstream.journal.requests.filter(({ headers }) =>
      headers.some(([, value]) => value.includes(canaryKeys.openai)),
    )
    expect((lastOwn.at(-1)?.at ?? 0) - cutAt).toBeLessThan(5_000)
    line.mend()
    await expect.poll(async () => (await ask('platform')).status, { timeout: 20_000 }).toBe(200)
    // The own key is gone now, and the books know all that was served meanwhile.
    expect((await ask('own')).header('ownkey-key-source')).toBe('platform')
    expect((await stage.settledBooks()).faults).toEqual([])
    await stage.close()
  }, 120_000)
})

/** What another node does when a key is removed, without the notification: it must not depend on that. */
async function revokeKeys(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('begin')
  await client.query("update organizations set epoch = epoch + 1 where id = 'own'")
  await client.query('delete from provider_keys')
  await client.query('commit')
  await client.end()
}

describe('C5: LISTEN is dropped in silence', () => {
  test('a removed key and a revoked token stop within five seconds all the same', async () => {
    const stage = await openStage()
    const { line, ask, databaseUrl, ownkey } = stage
    const [{ id }] = (await ownkey.api('GET', '/tokens?limit=100')).body.items.filter(
      ({ org }: { org: string | null }) => org === 'platform',
    )
    for (const org of ['own', 'platform'] as const) expect((await ask(org)).status).toBe(200)
    expect(line.silenceListeners()).toBeGreaterThan(0)
    await revokeKeys(databaseUrl)
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query('update tokens set revoked_at = now() where id = $1', [id])
    await client.end()
    const revokedAt = performance.now()
    const left = new Set(['own', 'platform'])
    while (left.size > 0 && performance.now() - revokedAt < 6_000) {
      if ((await ask('own')).header('ownkey-key-source') !== 'organization') left.delete('own')
      if ((await ask('platform')).status === 401) left.delete('platform')
    }
    expect(performance.now() - revokedAt).toBeLessThan(5_000)
    await stage.close()
  }, 60_000)
})

describe('C8: the database can take no writes', () => {
  let stage: Stage
  let tokenId: string
  beforeAll(async () => {
    stage = await openStage()
    tokenId = (await stage.ownkey.api('POST', '/tokens', { kind: 'access', org: 'own' })).body.id
  })
  afterAll(() => stage?.close())

  const counted = [
    'organizations',
    'provider_keys',
    'key_secrets',
    'audit_log',
    'tokens',
    'webhook_events',
    'grants',
    'withdrawals',
  ]
  const asRoot = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: stage.databaseUrl })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }
  const counts = () =>
    asRoot(async (client) => {
      const tables = (
        await client.query<{ name: string }>(
          "select table_name as name from information_schema.tables where table_schema = 'public'",
        )
      ).rows.map(({ name }) => name)
      const found: Record<string, string> = {}
      for (const name of tables.filter((one) => counted.some((some) => one.includes(some.replace(/s$/, ''))))) {
        // What the server tells of by itself, such as credits that run low, is no part of a change.
        const some =
          { webhook_events: "where type not like 'notice.%'", tokens: 'where revoked_at is null' }[name] ?? ''
        found[name] =
          (await client.query<{ rows: string }>(`select count(*) as rows from ${name} ${some}`)).rows[0]?.rows ?? ''
      }
      return found
    })
  const ready = async () => {
    const answer = await fetch(`${stage.ownkey.url}/readyz`)
    return [answer.status, ((await answer.json()) as { checks: { database: string } }).checks.database]
  }
  const changes = () => {
    const { ownkey } = stage
    return Promise.all([
      ownkey.api('PUT', '/orgs/half', { name: 'Half', plan: 'standard' }),
      ownkey.api('PUT', '/orgs/platform/keys/openai', { key: canaryKeys.openai }),
      ownkey.api('DELETE', '/orgs/own/keys/openai'),
      ownkey.api('POST', '/orgs/own/credits', { amount: 5, reason: 'half', idempotencyKey: 'half' }),
      ownkey.api('POST', '/tokens', { kind: 'access', org: 'own' }),
      ownkey.api('DELETE', `/tokens/${tokenId}`),
    ])
  }

  test.each([
    [
      'its disk is full when the audit row is written',
      `create function full_disk() returns trigger language plpgsql as $$
         begin raise exception 'could not extend file' using errcode = '53100'; end $$;
       create trigger full_disk before insert on audit_log for each row execute function full_disk()`,
      'drop trigger full_disk on audit_log; drop function full_disk()',
    ],
    [
      'the audit log is read-only',
      `create function read_only() returns trigger language plpgsql as $$
         begin raise exception 'read-only' using errcode = '25006'; end $$;
       create trigger read_only before insert on audit_log for each row execute function read_only()`,
      'drop trigger read_only on audit_log; drop function read_only()',
    ],
  ])('%s: management calls are refused, and nothing is half done', async (_name, make, undo) => {
    await asRoot((client) => client.query(make))
    try {
      // What happened before is handed on meanwhile, and leaves the outbox.
      await expect.poll(async () => (await counts())['webhook_events'], { timeout: 20_000 }).toBe('0')
      const before = await counts()
      expect(Object.keys(before).length).toBeGreaterThan(4)
      for (const answer of await changes()) expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
      expect(await counts()).toEqual(before)
      // Who is served does not depend on the log of changes.
      expect((await stage.ask('own')).header('ownkey-key-source')).toBe('organization')
    } finally {
      await asRoot((client) => client.query(undo))
    }
  })

  test('the whole server takes no writes: refused, nothing half done, and it goes on when it does again', async () => {
    const name = new URL(stage.databaseUrl).pathname.slice(1)
    const reconnect =
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()'
    await asRoot((client) => client.query(`alter database ${name} set default_transaction_read_only = on`))
    await asRoot((client) => client.query(reconnect, [name]))
    const before = await counts()
    for (const answer of await changes()) expect([answer.status, answer.body.code]).toEqual([503, 'unavailable'])
    expect(await counts()).toEqual(before)
    await expect.poll(ready, { timeout: 20_000 }).toEqual([503, 'unwritable'])
    await asRoot(async (client) => {
      await client.query('set session characteristics as transaction read write')
      await client.query(`alter database ${name} reset default_transaction_read_only`)
    })
    // Sessions that began meanwhile stay read-only as long as they live: nobody but the server ends them.
    await expect.poll(ready, { timeout: 20_000 }).toEqual([200, 'ok'])
    await expect
      .poll(async () => (await stage.ownkey.api('PUT', '/orgs/whole', { name: 'W', plan: 'standard' })).status, {
        timeout: 20_000,
      })
      .toBe(200)
    expect((await stage.settledBooks()).faults).toEqual([])
  }, 180_000)

  test('its disk has no room for the books: what is served waits in the spool, /readyz tells, and nothing is lost', async () => {
    await asRoot((client) =>
      client.query(`create function no_room() returns trigger language plpgsql as $$
         begin raise exception 'could not extend file' using errcode = '53100'; end $$;
       create trigger no_room before insert on entries for each row execute function no_room()`),
    )
    try {
      expect((await stage.ask('own')).status).toBe(200)
      await expect.poll(ready, { timeout: 20_000 }).toEqual([503, 'unwritable'])
      const near = await stage.ask('near')
      expect([near.status, near.header('ownkey-error')]).toEqual([503, 'unavailable'])
    } finally {
      await asRoot((client) => client.query('drop trigger no_room on entries; drop function no_room()'))
    }
    await expect.poll(ready, { timeout: 20_000 }).toEqual([200, 'ok'])
    expect((await stage.settledBooks()).faults).toEqual([])
  }, 180_000)
})
