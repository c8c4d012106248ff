import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { profileConfig } from '../support/profile.ts'
import { startOwnkey } from '../support/running-server.ts'
import { sandboxPlatformKeys, signIn } from './real-browser.ts'
import { openStage, textOf } from './stage.ts'

let endpoint: Server
const told: string[] = []
const stage = openStage('support-inbox', async () => {
  endpoint = createServer((request, response) => {
    told.push(String(request.headers['webhook-id']))
    request.resume().on('end', () => response.end())
  })
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/hook`
  const secret = `whsec_${Buffer.from('a secret for one test of the operator').toString('base64')}`
  const config = profileConfig('support-inbox', undefined, { webhooks: [{ url, secret, events: ['org.*'] }] })
  return startOwnkey({ config, sandbox: true, env: sandboxPlatformKeys })
})
afterAll(() => {
  endpoint.closeAllConnections()
  endpoint.close()
})

async function operatorAt(path: string) {
  const page = await stage.operator()
  await page.evaluate(`history.pushState(null, '', '/en/operator${path}')`)
  await page.locator('main h1').waitFor()
  return page
}

const api = (method: string, path: string, body?: unknown) => stage.server().api(method, path, body)

describe('the operator’s pages', () => {
  it('show which keys fail and why, what fell back, how fast providers are, and who asks most', async () => {
    await stage.server().putOrg('busy', { name: 'Busy Inc' })
    await stage.server().putKey('busy', 'gemini', 'AIzaSyA-sandbox-quota-0000000000000005678')
    await api('POST', '/orgs/busy/try-out', { feature: 'chatbot' })
    const page = await operatorAt('/health')
    // Totals are written with a request's end, a moment after its answer.
    await expect
      .poll(async () => {
        await page.reload()
        await page.getByTestId('health').waitFor()
        return textOf(page, '[data-testid=health] dl')
      })
      .toMatch(/Requests 1 Failed 0% 0 requests Fell back 100% 1 request/)
    await expect
      .poll(() => textOf(page, '[data-failing=busy]'))
      .toMatch(/Busy Inc · Google Gemini AIza.*5678.*(limit|quota|credit)/)
    const row = page.locator('tr[data-provider=gemini]')
    for (const source of await row.all()) await expect.poll(() => source.innerText()).toMatch(/\d+ ms\s+\d+ ms$/)
    await expect.poll(() => row.count()).toBe(2)
    await expect.poll(() => textOf(page, 'tr[data-org=busy]')).toMatch(/Busy Inc 1 0 1/)
    await page.locator('tr[data-org=busy]').getByRole('link').click()
    await expect.poll(() => textOf(page, 'main dl')).toMatch(/Requests 1 0 failed, 1 fell back/)
  })

  it('show requests of all organizations as they come in', async () => {
    const orgs = ['live_a', 'live_b']
    for (const org of orgs) await stage.server().putOrg(org, { name: `Org ${org}` })
    const page = await operatorAt('/live')
    for (const org of orgs) {
      await api('POST', `/orgs/${org}/try-out`, { feature: 'chatbot' })
      await page
        .getByRole('cell', { name: `Org ${org}` })
        .first()
        .waitFor()
    }
    await page.getByLabel('Organization').fill('live_b')
    await page.getByRole('cell', { name: 'Org live_a' }).first().waitFor({ state: 'detached' })
    await page.getByLabel('Organization').fill('')
    await page.getByRole('cell', { name: 'Org live_a' }).first().waitFor()
  })

  it('narrow requests and the audit trail to any organization, however many there are', async () => {
    const ids = Array.from({ length: 60 }, (_, place) => `many_${String(place).padStart(2, '0')}`)
    await Promise.all(ids.map((id) => stage.server().putOrg(id, { name: `Many ${id}` })))
    await stage.server().putOrg('zz_far', { name: 'Zebra Ltd' })
    await api('POST', '/orgs/zz_far/try-out', { feature: 'chatbot' })
    await api('POST', '/orgs/many_00/try-out', { feature: 'chatbot' })
    const page = await operatorAt('/live')
    const picker = page.getByLabel('Organization')
    const offered = () =>
      page.locator('datalist option').evaluateAll((options) => options.map((one) => one.getAttribute('value')))
    await expect.poll(async () => (await offered()).length).toBeGreaterThan(10)
    expect(await offered()).not.toContain('Zebra Ltd · zz_far')
    await picker.fill('zebra')
    await expect.poll(offered).toEqual(['Zebra Ltd · zz_far'])
    await picker.fill('Zebra Ltd · zz_far')
    await page.getByRole('cell', { name: 'Many many_00' }).first().waitFor({ state: 'detached' })
    await page.getByRole('cell', { name: 'Zebra Ltd' }).first().waitFor()
    await picker.fill('nobody of this name')
    await expect.poll(() => picker.getAttribute('aria-invalid')).toBe('true')
    await page.evaluate(`history.pushState(null, '', '/en/operator/audit')`)
    await page.getByText('Many many_59 · ').first().waitFor()
    await picker.fill('zz_far')
    await page.getByText('Many many_59 · ').first().waitFor({ state: 'detached' })
    await page.getByText('Zebra Ltd · ').first().waitFor()
  })

  it('lead from failing keys beyond those that are listed to the organizations that have them', async () => {
    await stage.server().putOrg('fails', { name: 'Fails Inc' })
    await stage.server().putOrg('a_works', { name: 'Works Inc' })
    await stage.server().putKey('fails', 'gemini', 'AIzaSyA-sandbox-quota-0000000000000005678')
    await api('POST', '/orgs/fails/try-out', { feature: 'chatbot' })
    const page = await operatorAt('/health')
    await page.locator('[data-failing=fails]').waitFor()
    expect(await page.getByTestId('beyond').count()).toBe(0)
    // As the server answers where more than 200 fail.
    await page.route('**/api/v1/health*', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: { ...(await answer.json()), moreFailingKeys: 7 } })
    })
    await page.reload()
    await expect.poll(() => textOf(page, '[data-testid=beyond]')).toMatch(/^And 7 more keys that fail\./)
    await page.getByTestId('beyond').getByRole('link').click()
    await page.locator('[data-org=fails]').getByText('1 failing').waitFor()
    expect(await page.locator('[data-org=a_works]').count()).toBe(0)
    await page.getByLabel('Show').selectOption('All')
    await page.locator('[data-org=a_works]').waitFor()
    expect(new URL(page.url()).search).toBe('')
  })

  it('search the audit trail of all organizations by how an action begins', async () => {
    await stage.server().putOrg('trail_a', { name: 'Trail A' })
    await stage.server().putOrg('trail_b', { name: 'Trail B' })
    await stage.server().putKey('trail_b', 'gemini', 'AIzaSyA-sandbox-ok-000000000000000001234')
    const page = await operatorAt('/audit')
    await page.getByText('Trail A · ').waitFor()
    await page.getByLabel('Action').fill('key.')
    await page.getByText('Trail A · ').first().waitFor({ state: 'detached' })
    await expect.poll(() => textOf(page, 'main ol')).toMatch(/key\.set.*Trail B ·/)
  })

  it('test the platform’s own keys, check by check', async () => {
    const page = await operatorAt('/platform-keys')
    await page.getByRole('button', { name: 'Test key: Google Gemini' }).click()
    await page.locator('[data-check=authenticated][data-ok=true]').waitFor()
    await page.locator('[data-testid=test-report] [data-status=valid]').waitFor()
    const { body } = await api('GET', '/audit')
    expect(body.items[0]).toMatchObject({ action: 'platform_key.test', detail: { status: 'valid' } })
  })

  it('list sessions and end them: the page that had one is signed out', async () => {
    await stage.server().putOrg('ended', { name: 'Ended' })
    const member = await signIn(await stage.blank(), stage.server(), { org: 'ended', user: 'u_gone' })
    const page = await operatorAt('/sessions')
    await page.getByLabel('Kind').selectOption('member')
    const rows = page.locator('[data-session]').filter({ hasText: 'ended' })
    await rows.first().waitFor()
    // The link's own session and the page's are one here: ending it ends both.
    await expect.poll(() => rows.count()).toBe(1)
    await rows.getByRole('button').click()
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click()
    await rows.first().waitFor({ state: 'detached' })
    expect(await rows.count()).toBe(0)
    await member.getByRole('link', { name: 'Usage' }).click()
    await member.locator('[data-reason=expired]').waitFor()
    await page.getByLabel('Kind').selectOption('operator')
    await page.getByText('This one').waitFor()
  })

  it('show what webhooks were told, and send it again', async () => {
    await stage.server().putOrg('hooked', { name: 'Hooked' })
    const page = await operatorAt('/webhooks')
    const delivery = page.locator('[data-delivery][data-state=delivered]').filter({ hasText: 'hooked' }).first()
    await expect
      .poll(
        async () => {
          await page.reload()
          await page.locator('[data-delivery]').first().waitFor()
          return delivery.count()
        },
        { timeout: 15_000 },
      )
      .toBe(1)
    const before = told.length
    await delivery.getByRole('button', { name: /^Send again/ }).click()
    await expect.poll(() => told.length, { timeout: 15_000 }).toBeGreaterThan(before)
    expect(new Set(told).size).toBeLessThan(told.length)
  })

  it('lead from nothing to a first request, whose command works as it stands', async () => {
    await stage.server().putOrg('a_first', { name: 'A first' })
    const page = await operatorAt('')
    await page.getByTestId('first-steps').getByLabel('Organizations').selectOption('a_first')
    await page.getByRole('button', { name: /Create a token/ }).click()
    await page.getByText('Shown this once.').waitFor()
    const command = await page.getByTestId('first-steps').locator('pre').innerText()
    const { stdout } = await promisify(execFile)('sh', ['-c', command])
    expect(JSON.parse(stdout)).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant' } }],
    })
  })
})
