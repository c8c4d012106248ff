import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { profileConfig } from '../../support/profile.ts'
import { startOwnkey } from '../../support/running-server.ts'
import { operatorSession, sandboxPlatformKeys } from '../real-browser.ts'
import { asOpened, press, type Shoot, to } from './camera.ts'
import { writePastUsage } from './past-usage.ts'

const customers = [
  { id: 'acme', name: 'Acme Support', key: 'AIzaSyA-sandbox-quota-00000000000001234', most: 90, failing: 9 },
  { id: 'birch', name: 'Birch & Sons', key: 'AIzaSyA-sandbox-ok-00000000000000007781', most: 45, failing: 1 },
  { id: 'cobalt', name: 'Cobalt Travel', key: 'AIzaSyA-sandbox-invalid-000000000004410', most: 30, failing: 4 },
  { id: 'dune', name: 'Dune Clinics', key: undefined, most: 22, failing: 0 },
  { id: 'ember', name: 'Ember Retail', key: 'AIzaSyA-sandbox-ok-00000000000000009035', most: 12, failing: 2 },
] as const

/** The operator's console, in use: customers with keys that work and keys that fail, deliveries that came and some that did not. */
export async function shootOperator(shoot: Shoot): Promise<void> {
  const [kept, gone] = [await listen(200), await listen(410)]
  const secret = `whsec_${Buffer.from('a secret for the pictures of webhooks').toString('base64')}`
  const webhooks = [
    { url: `${kept.origin}/events`, secret, events: ['key.*', 'notice.*'] },
    { url: `${gone.origin}/old`, secret, events: ['org.*'] },
  ]
  const config = profileConfig('support-inbox', undefined, { webhooks })
  const server = await startOwnkey({ config, sandbox: true, env: sandboxPlatformKeys })
  const opening = async (page: Page) => {
    await operatorSession(page, server)
    await page.getByTestId('first-steps').waitFor()
  }
  await shoot(opening, [
    { name: 'operator-first-start', open: asOpened },
    { name: 'operator-new-organization', window: true, open: press('New organization', 'dialog form') },
    { name: 'operator-health-empty', open: to('/en/operator/health') },
  ])
  for (const { id, name, key } of customers) {
    await server.api('PUT', `/orgs/${id}`, { name, plan: 'standard', addOns: id === 'acme' ? ['re_engagement'] : [] })
    await server.api('POST', `/orgs/${id}/credits`, { amount: 2_000, reason: 'Start', idempotencyKey: 'start' })
    if (key) await server.putKey(id, 'gemini', key.replace('invalid', 'ok'))
  }
  await writePastUsage(
    server,
    customers.map(({ id, most, failing, key }) => ({ org: id, most, failing, own: key !== undefined })),
  )
  await server.api('PUT', '/orgs/acme/keys/gemini', { key: customers[0].key })
  for (const { id } of customers) await server.api('POST', `/orgs/${id}/try-out`, { feature: 'chatbot' })
  for (const { id, key } of customers) if (key) await server.api('POST', `/orgs/${id}/keys/gemini/test`, {})
  await deliveriesOf(server)
  await shoot(opening, [
    { name: 'operator-organizations', open: asOpened },
    { name: 'operator-first-request', open: firstRequest },
    { name: 'operator-credits', window: true, open: press('Credits: Acme Support', 'dialog form') },
    { name: 'operator-health', open: to('/en/operator/health') },
    { name: 'operator-keys', open: testPlatformKey },
    { name: 'operator-live', open: to('/en/operator/live') },
    { name: 'operator-audit', open: to('/en/operator/audit') },
    { name: 'operator-webhooks', open: to('/en/operator/webhooks') },
    { name: 'operator-sessions', open: to('/en/operator/sessions') },
    { name: 'operator-config', open: to('/en/operator/config') },
    { name: 'operator-customer', open: to('/en/operator/orgs/acme/settings') },
  ])
  await server.close()
  await Promise.all([kept.close(), gone.close()])
}

/** An endpoint that answers everything so. */
async function listen(status: number) {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** Waits until every event has been sent once. */
async function deliveriesOf(server: Awaited<ReturnType<typeof startOwnkey>>) {
  for (let round = 0; round < 100; round++) {
    const { body } = await server.api('GET', '/webhooks/deliveries?limit=200')
    const tried = body.items.filter(({ attempts }: { attempts: number }) => attempts > 0)
    if (tried.length > 0 && tried.length === body.items.length) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function testPlatformKey(page: Page) {
  await to('/en/operator/platform-keys')(page)
  await page
    .getByRole('button', { name: /^Test key/ })
    .first()
    .click()
  await page.locator('[data-check=latency]').waitFor()
}

async function firstRequest(page: Page) {
  await page.getByRole('button', { name: 'Create a token for one day' }).click()
  await page.getByText('Shown this once.').waitFor()
}
