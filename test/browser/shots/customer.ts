import type { Page } from 'playwright-core'
import { startOwnkey } from '../../support/running-server.ts'
import { readProfile, sandboxPlatformKeys, signIn } from '../real-browser.ts'
import { asOpened, press, type Shoot, to } from './camera.ts'
import { writePastUsage } from './past-usage.ts'

const env = sandboxPlatformKeys

const pasteKey = (key: string) => async (page: Page) => {
  await page.getByText('My Google Gemini key (BYOK)').click()
  await page.getByRole('textbox', { name: 'API key' }).fill(key)
  await page.getByRole('button', { name: 'Test connection' }).click()
  await page.locator('[data-check=latency]').waitFor()
}

/** The platform's AI or one's own key; a key in use, its dialogs, and what was used. */
export async function shootSupportInbox(shoot: Shoot): Promise<void> {
  const server = await startOwnkey({ config: readProfile('support-inbox'), sandbox: true, env })
  await server.api('PUT', '/orgs/acme', { name: 'Acme Support', plan: 'standard', addOns: ['re_engagement'] })
  await server.api('PUT', '/orgs/fresh', { name: 'Fresh Start', plan: 'standard' })
  await server.api('POST', '/orgs/acme/credits', { amount: 5_000, reason: 'Start', idempotencyKey: 'start' })
  const visit = (page: Page) => signIn(page, server, { org: 'acme' })
  await shoot(visit, [
    { name: 'choice', open: asOpened },
    { name: 'paste', open: pasteKey('AIzaSyA-sandbox-ok-00000000000000001234') },
    { name: 'usage-empty', open: to('/en/usage') },
    { name: 'requests-empty', open: to('/en/requests') },
  ])
  await server.putKey('acme', 'gemini', 'AIzaSyA-sandbox-ok-00000000000000001234', {
    model: 'gemini-2.5-flash',
    label: 'Support team',
    owner: 'Platform team',
  })
  await writePastUsage(server, [{ org: 'acme', most: 60, failing: 6, own: true }])
  await server.api('POST', '/orgs/acme/keys/gemini/test', {})
  for (const feature of ['chatbot', 'translation']) await server.api('POST', '/orgs/acme/try-out', { feature })
  await shoot(visit, [
    { name: 'key', open: asOpened },
    { name: 'dialog-replace', window: true, open: press('Replace key', 'dialog [name=provider-secret]') },
    { name: 'dialog-edit', window: true, open: press('Edit', 'dialog form') },
    { name: 'dialog-disable', window: true, open: press('Disable', 'dialog .button-primary') },
    { name: 'dialog-remove', window: true, open: press('Remove key', 'dialog .button-danger') },
    { name: 'dialog-try', window: true, open: tryOut },
    { name: 'usage', open: to('/en/usage') },
    { name: 'requests', open: to('/en/requests') },
    { name: 'audit', open: to('/en/audit') },
    { name: 'unreachable', open: withoutServer },
  ])
  await server.putKey('acme', 'gemini', 'AIzaSyA-sandbox-quota-00000000000001234')
  await server.api('POST', '/orgs/acme/try-out', { feature: 'chatbot' })
  await server.api('POST', '/orgs/acme/keys/gemini/test', {})
  await shoot(visit, [{ name: 'key-with-fallback', open: why }])
  await server.api('PATCH', '/orgs/acme/keys/gemini', { fallback: false })
  await server.api('POST', '/orgs/acme/try-out', { feature: 'chatbot' })
  await shoot(visit, [{ name: 'key-failing', open: why }])
  await shoot(
    (page) => signIn(page, server, { org: 'acme', role: 'member', user: 'u_bob' }),
    [{ name: 'read-only', open: asOpened }],
  )
  for (const locale of ['de', 'es', 'hi'])
    await shoot((page) => signIn(page, server, { org: 'acme', locale }), [{ name: `key-failing-${locale}`, open: why }])
  await server.close()
}

async function tryOut(page: Page) {
  await press('Try it', 'dialog form')(page)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByTestId('try-out-answer').waitFor()
}

async function why(page: Page) {
  await page.locator('[data-feature=chatbot] [aria-expanded=false]').click()
  await page.getByTestId('chain').waitFor()
}

/** A page that is opened while the server does not answer. */
async function withoutServer(page: Page) {
  await page.route('**/api/v1/orgs/**', (route) => route.abort())
  await to('/en/settings')(page)
  await to('/en/requests?again')(page)
  await page.getByLabel('Result').selectOption('failed')
  await page.getByRole('alert').waitFor({ timeout: 30_000 })
}

/** Several slots, one of them announced; and a customer whose own keys are off. */
export async function shootVoiceResearch(shoot: Shoot): Promise<void> {
  const server = await startOwnkey({ config: readProfile('voice-research'), sandbox: true, env })
  await server.api('PUT', '/orgs/lab', { name: 'Lab', plan: 'standard', byokEnabled: true })
  await server.api('PUT', '/orgs/shut', { name: 'Shut', plan: 'standard' })
  for (const org of ['lab', 'shut'])
    await server.api('POST', `/orgs/${org}/credits`, { amount: 2_500, reason: 'Start', idempotencyKey: 'start' })
  const nextYear = new Date().getUTCFullYear() + 1
  await server.putKey('lab', 'openai', 'sk-sandbox-ok-00000000000000000000xK7q', {
    label: 'Research team',
    owner: 'Platform team',
    rotateBy: `${nextYear}-12-01`,
  })
  await server.api('POST', '/orgs/lab/keys/openai/test', {})
  await shoot((page) => signIn(page, server, { org: 'lab' }), [{ name: 'three-slots', open: asOpened }])
  await shoot((page) => signIn(page, server, { org: 'shut' }), [{ name: 'not-enabled', open: asOpened }])
  await server.close()
}

/** Many providers, quotas, a replaced key that can be put back, and a test that fails. */
export async function shootAgentBuilder(shoot: Shoot): Promise<void> {
  const server = await startOwnkey({ config: readProfile('agent-builder'), sandbox: true, env })
  await server.api('PUT', '/orgs/flexy', { name: '灵活代理', plan: 'hosted', locale: 'zh' })
  await server.putKey('flexy', 'gemini', 'AIzaSyA-sandbox-ok-00000000000000001234')
  await shoot(
    (page) => signIn(page, server, { org: 'flexy', locale: 'zh' }),
    [{ name: 'many-providers-zh', open: asOpened }],
  )
  await server.api('PUT', '/orgs/studio', { name: 'Studio North', plan: 'hosted' })
  await server.putKey('studio', 'openai', 'sk-sandbox-ok-0000000000000000000000001111')
  await server.putKey('studio', 'openai', 'sk-sandbox-ok-0000000000000000000000002222', { owner: 'Agents team' })
  await shoot(
    (page) => signIn(page, server, { org: 'studio' }),
    [
      { name: 'put-back', open: asOpened },
      { name: 'dialog-put-back', window: true, open: press('Put back', 'dialog .button-primary') },
      { name: 'dialog-add', window: true, open: addRefused },
    ],
  )
  await server.close()
}

async function addRefused(page: Page) {
  await press('Add provider key', 'dialog [name=provider-secret]')(page)
  await page.locator('dialog [name=provider-secret]').fill('sk-ant-sandbox-invalid-00000000000000000001')
  await page.getByRole('button', { name: 'Test connection' }).click()
  await page.locator('dialog [data-status=invalid]').waitFor()
}
