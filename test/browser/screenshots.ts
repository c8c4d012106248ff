import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { allowOrigins, openHostPage } from './host-page.ts'
import { launchBrowser, operatorSession, readProfile, sandboxPlatformKeys, signIn } from './real-browser.ts'

/**
 * Pictures of every page, light, dark and 360 px wide, from real servers with the shipped profiles:
 * `npx tsx test/browser/screenshots.ts [folder]` (default docs/screenshots). The console has to be built.
 */
const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))

const looks = [
  { name: 'light', width: 1280, height: 900, colorScheme: 'light' },
  { name: 'dark', width: 1280, height: 900, colorScheme: 'dark' },
  { name: 'small', width: 360, height: 740, colorScheme: 'light' },
] as const

interface Shot {
  name: string
  open(page: Page): Promise<unknown>
}

async function shoot(browser: Browser, signedIn: (page: Page) => Promise<unknown>, shots: readonly Shot[]) {
  for (const { name, width, height, colorScheme } of looks) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    await signedIn(page)
    for (const shot of shots) {
      await shot.open(page)
      await page.waitForLoadState('networkidle')
      await page.locator('.skeleton, .spinner').first().waitFor({ state: 'detached' })
      await page.screenshot({ path: join(folder, `${shot.name}-${name}.png`), fullPage: true, animations: 'disabled' })
    }
    await context.close()
  }
}

const to = (path: string) => async (page: Page) => {
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`)
  await page.locator('main h1').waitFor()
}

/** Real requests through the gateway, as the page's "Try it" sends them. */
async function ask(server: RunningOwnkey, org: string, times: Readonly<Record<string, number>>) {
  for (const [feature, count] of Object.entries(times)) {
    for (let time = 0; time < count; time++)
      await server.api('POST', `/orgs/${org}/try-out`, { feature, prompt: `Say hello, ${time}` })
  }
}

async function supportInbox(browser: Browser) {
  const server = await startOwnkey({
    config: readProfile('support-inbox'),
    sandbox: true,
    env: sandboxPlatformKeys,
  })
  await server.api('PUT', '/orgs/acme', { name: 'Acme Support', plan: 'standard', addOns: ['re_engagement'] })
  const visit = (page: Page) => signIn(page, server, { org: 'acme' })
  await shoot(browser, visit, [
    { name: 'choice', open: async () => {} },
    { name: 'paste', open: pasteKey('AIzaSyA-sandbox-ok-000000000000000001234') },
  ])
  await server.api('PUT', '/orgs/acme/keys/gemini', {
    key: 'AIzaSyA-sandbox-quota-0000000000000001234',
    model: 'gemini-2.5-flash',
    scope: 'all',
    fallback: true,
  })
  await ask(server, 'acme', { chatbot: 6, translation: 3, classification: 2 })
  await server.api('POST', '/orgs/acme/keys/gemini/test', {})
  await shoot(browser, visit, [
    { name: 'key-with-fallback', open: (page) => page.getByRole('button', { name: 'Why? Chatbots' }).click() },
    { name: 'usage', open: async (page) => to('/en/usage')(page) },
    { name: 'requests', open: to('/en/requests') },
    { name: 'audit', open: to('/en/audit') },
  ])
  const operator = async (page: Page) => {
    await operatorSession(page, server)
    await page.getByTestId('first-steps').waitFor()
  }
  await shoot(browser, operator, [
    { name: 'operator-organizations', open: async () => {} },
    { name: 'operator-health', open: to('/en/operator/health') },
    { name: 'operator-keys', open: testPlatformKey },
    { name: 'operator-audit', open: to('/en/operator/audit') },
    { name: 'operator-sessions', open: to('/en/operator/sessions') },
    { name: 'operator-webhooks', open: to('/en/operator/webhooks') },
    { name: 'operator-live', open: to('/en/operator/live') },
    { name: 'operator-config', open: to('/en/operator/config') },
  ])
  await server.close()
}

async function testPlatformKey(page: Page) {
  await to('/en/operator/platform-keys')(page)
  await page
    .getByRole('button', { name: /^Test key/ })
    .first()
    .click()
  await page.locator('[data-check=latency]').waitFor()
}

const pasteKey = (key: string) => async (page: Page) => {
  await page.getByText('My Google Gemini key (BYOK)').click()
  await page.getByRole('textbox', { name: 'API key' }).fill(key)
  await page.getByRole('button', { name: 'Test connection' }).click()
  await page.locator('[data-check=latency]').waitFor()
}

async function voiceResearch(browser: Browser) {
  const server = await startOwnkey({
    config: readProfile('voice-research'),
    sandbox: true,
    env: sandboxPlatformKeys,
  })
  await server.api('PUT', '/orgs/lab', { name: 'Lab', plan: 'standard', byokEnabled: true })
  await server.api('PUT', '/orgs/shut', { name: 'Shut', plan: 'standard' })
  await server.api('POST', '/orgs/shut/credits', { amount: 1000, reason: 'Start', idempotencyKey: 'start' })
  await server.api('POST', '/orgs/lab/credits', { amount: 2500, reason: 'Start', idempotencyKey: 'start' })
  await server.api('PUT', '/orgs/lab/keys/openai', {
    key: 'sk-sandbox-ok-00000000000000000000xK7q',
    label: 'Research team',
    owner: 'Platform team',
    rotateBy: '2026-12-01',
  })
  await server.api('POST', '/orgs/lab/keys/openai/test', {})
  await shoot(browser, (page) => signIn(page, server, { org: 'lab' }), [{ name: 'three-slots', open: async () => {} }])
  await shoot(browser, (page) => signIn(page, server, { org: 'shut' }), [{ name: 'not-enabled', open: async () => {} }])
  await server.close()
}

async function agentBuilder(browser: Browser) {
  const server = await startOwnkey({
    config: readProfile('agent-builder'),
    sandbox: true,
    env: sandboxPlatformKeys,
  })
  await server.api('PUT', '/orgs/flexy', { name: '灵活代理', plan: 'hosted', locale: 'zh' })
  await server.api('PUT', '/orgs/flexy/keys/gemini', { key: 'AIzaSyA-sandbox-ok-000000000000000001234' })
  await shoot(browser, (page) => signIn(page, server, { org: 'flexy', locale: 'zh' }), [
    { name: 'many-providers-zh', open: async () => {} },
  ])
  await server.api('PUT', '/orgs/host', { name: 'A customer', plan: 'hosted' })
  await server.api('PUT', '/orgs/host/keys/gemini', { key: 'AIzaSyA-sandbox-ok-000000000000000001234' })
  const host = await openHostPage(server)
  await allowOrigins(server, 'agent-builder', [host.origin])
  host.signIn({ org: 'host', user: { id: 'u_1', name: 'Ada', role: 'owner' } })
  const embedded = async (page: Page) => {
    await page.goto(host.origin)
    await page.getByTestId('key-card').waitFor()
  }
  await shoot(browser, embedded, [{ name: 'widget', open: async () => {} }])
  await host.close()
  await server.close()
}

mkdirSync(folder, { recursive: true })
const browser = await launchBrowser()
for (const profile of [supportInbox, voiceResearch, agentBuilder]) await profile(browser)
await browser.close()
