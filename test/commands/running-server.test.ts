import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPrompts, canarySandboxKeys } from '../support/canary.ts'
import { keepEvidence } from '../support/evidence.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { refusal } from '../support/socket-client.ts'

const config = (title: string) => `
platform: { name: Acme, origins: ["https://app.acme.test"] }
features:
  chatbot: { title: ${title} }
plans:
  standard: { verify: on_save }
`

describe('a running server', () => {
  let ownkey: RunningOwnkey
  beforeAll(async () => {
    ownkey = await startOwnkey({ config: config('Chatbot'), sandbox: true })
    await ownkey.api('PUT', '/orgs/acme', { name: 'Acme', plan: 'standard' })
  })
  afterAll(() => ownkey.close())

  test('says that it lives and that it is ready', async () => {
    const [alive, ready] = await Promise.all([fetch(`${ownkey.url}/healthz`), fetch(`${ownkey.url}/readyz`)])
    expect(await alive.json()).toMatchObject({ status: 'ok' })
    expect(await ready.json()).toMatchObject({ status: 'ready', checks: { database: 'ok', vault: 'ok' } })
  })

  test('shows its metrics to the operator only', async () => {
    const metrics = (token?: string) =>
      fetch(`${ownkey.url}/metrics`, token ? { headers: { authorization: `Bearer ${token}` } } : {})
    expect([(await metrics()).status, (await metrics('okt_wrong')).status]).toEqual([401, 401])
    const answer = await metrics(ownkey.adminToken)
    expect(answer.headers.get('content-type')).toContain('text/plain')
    expect(await answer.text()).toMatch(/^ownkey_open_connections \d+$/m)
  })

  test('counts in its metrics what passes, what it refuses itself, and how long both take', async () => {
    const read = async (): Promise<(line: string) => number> => {
      const text = await (
        await fetch(`${ownkey.url}/metrics`, { headers: { authorization: `Bearer ${ownkey.adminToken}` } })
      ).text()
      const lines = new Map(text.split('\n').map((line) => line.split(/ (?=[^ ]+$)/) as [string, string]))
      return (line) => Number(lines.get(line) ?? 0)
    }
    await ownkey.putOrg('counted')
    await ownkey.putKey('counted', 'openai', canarySandboxKeys.openai)
    const token = await ownkey.token({ org: 'counted', feature: 'chatbot' })
    const ask = (bearer: string) =>
      fetch(`${ownkey.url}/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content: canaryPrompts[1] }] }),
      })
    const earlier = await read()
    for (const answer of [await ask(token), await ask(token), await ask('okt_wrong')]) await answer.text()
    const headers = { authorization: 'Bearer okt_wrong' }
    expect((await refusal(ownkey.url, { path: '/openai/v1/realtime?model=m', headers })).status).toBe(401)
    const later = await read()
    const grown = (line: string) => later(line) - earlier(line)
    expect(grown('ownkey_attempts_total{provider="openai",source="organization",class="ok"}')).toBe(2)
    expect(grown('ownkey_refusals_total{code="token_invalid"}')).toBe(2)
    expect(grown('ownkey_added_latency_seconds_count')).toBe(2)
    expect(grown('ownkey_upstream_first_byte_seconds_count{provider="openai",source="organization"}')).toBe(2)
    expect(later('ownkey_open_requests')).toBe(0)
    expect(later('ownkey_snapshots')).toBeGreaterThan(0)
    expect(later('ownkey_keys{provider="openai",status="valid"}')).toBeGreaterThan(0)
  })

  test('gives pages that run nothing inline and are framed by the configured origins only', async () => {
    const page = await fetch(`${ownkey.url}/`)
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain('frame-ancestors https://app.acme.test')
    expect(policy).not.toContain('unsafe')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    expect(page.headers.get('x-caching-rule')).toBeNull()
    keepEvidence('pages.html', await page.text())
  })

  test('gives the console to browsers, and tells everybody else that a path leads nowhere', async () => {
    const ask = (path: string, accept?: string, method = 'GET') =>
      fetch(`${ownkey.url}${path}`, { method, ...(accept !== undefined && { headers: { accept } }) })
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    for (const path of ['/settings', '/signin?code=none', '/some/where'])
      expect((await ask(path, browser)).headers.get('content-type')).toMatch(/^text\/html/)
    for (const path of ['/', '/signin?code=none', '/settings', '/en/settings']) {
      const page = await ask(path)
      // What a sign-in link carries must not reach the next page's server.
      expect([page.status, page.headers.get('referrer-policy')]).toEqual([200, 'no-referrer'])
      expect((await ask(path, 'application/json')).status).toBe(404)
    }
    for (const accept of [undefined, '*/*', 'application/json', 'application/xml, image/*']) {
      for (const path of [
        '/some/where',
        '/setting',
        '/opnai/v1/models',
        '/favicon.ico',
        '//healthz',
        '//api/v1/orgs',
      ]) {
        const answer = await ask(path, accept)
        expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([
          404,
          'application/problem+json',
        ])
        expect(await answer.json()).toMatchObject({ status: 404, code: 'not_found', fix: expect.any(String) })
      }
    }
    expect((await ask('/some/where', undefined, 'HEAD')).status).toBe(404)
    expect((await ask('/some/where', browser, 'HEAD')).status).toBe(200)
    expect((await ask('/favicon.ico', browser)).status).toBe(404)
  })

  test('answers HEAD for monitors, and tells a wrong method from an address that nothing can have', async () => {
    for (const path of ['/healthz', '/readyz']) {
      expect((await fetch(`${ownkey.url}${path}`, { method: 'HEAD' })).status).toBe(200)
      const wrong = await fetch(`${ownkey.url}${path}`, { method: 'POST' })
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
    const unheard = await fetch(`${ownkey.url}/healthz`, { method: 'QUERY' })
    expect([unheard.status, await unheard.json()]).toEqual([
      405,
      expect.objectContaining({ code: 'method_not_allowed' }),
    ])
    expect((await fetch(`${ownkey.url}/api/v1/orgs/${'x'.repeat(600)}`)).status).toBe(404)
  })

  test.each(['/assets/..%2f..%2fpackage.json', '/..%2f..%2fpackage.json', '/%2e%2e/package.json', '/package.json'])(
    'gives no file of the disk for %s',
    async (path) => {
      const answer = await fetch(`${ownkey.url}${path}`)
      expect(await answer.text()).not.toContain('devDependencies')
    },
  )

  test('puts a new configuration in force, and keeps it when the next one is bad', async () => {
    const feature = async () => {
      const { body } = await ownkey.api('GET', '/orgs/acme/settings')
      return body.features.map((one: { title: string }) => one.title)
    }
    expect(await feature()).toEqual(['Chatbot'])
    await ownkey.reload(config('Helper'))
    expect(await feature()).toEqual(['Helper'])
    await ownkey.reload('features: { chatbot: { titel: Oops } }')
    expect(await feature()).toEqual(['Helper'])
  })

  test('tests a key through the same way out as requests, and refuses one that the provider refuses', async () => {
    const test = (key: string) => ownkey.api('POST', '/orgs/acme/keys/openai/test', { key })
    expect((await test('sk-sandbox-ok-1234567890')).body.status).toBe('valid')
    expect((await test('sk-sandbox-invalid-1234567890')).body.status).toBe('invalid')
    expect((await test('sk-sandbox-down-1234567890')).body.status).toBe('network')
    const put = await ownkey.api('PUT', '/orgs/acme/keys/openai', { key: 'sk-sandbox-invalid-1234567890' })
    expect([put.status, put.body.code]).toEqual([422, 'key_rejected'])
  })

  test('notes when a key was used and what real traffic says of it', async () => {
    await ownkey.api('PUT', '/orgs/noted', { name: 'Noted', plan: 'standard' })
    await ownkey.api('PUT', '/orgs/noted/keys/openai', { key: 'sk-sandbox-ok-1234567890' })
    const { body: made } = await ownkey.api('POST', '/tokens', { kind: 'access', org: 'noted', feature: 'chatbot' })
    const { token } = made as { token: string }
    const answer = await fetch(`${ownkey.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content: canaryPrompts[0] }] }),
    })
    expect([answer.status, answer.headers.get('ownkey-key-source')]).toEqual([200, 'organization'])
    const key = async () => {
      const { body } = await ownkey.api('GET', '/orgs/noted/settings')
      return body.providers.find((one: { id: string }) => one.id === 'openai').keys[0]
    }
    await expect.poll(async () => (await key()).lastUsedAt, { timeout: 15_000 }).toMatch(/^\d{4}-/)
    expect((await key()).status).toBe('valid')
  })
})
