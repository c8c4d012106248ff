import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openStage, textOf } from './stage.ts'

const stage = openStage('content-platform')
const working = 'sk-sandbox-ok-0000000000000000000000abcd'

const chooseOwn = (page: Page) => page.getByText('My own key (BYOK)').click()

async function putKey(org: string, key = working) {
  await stage.server().api('PUT', `/orgs/${org}`, { name: org, plan: 'standard' })
  const { status } = await stage.server().api('PUT', `/orgs/${org}/keys/OPENAI`, { key })
  expect(status).toBe(200)
}

describe('the settings page of a content platform', () => {
  it('BG1 offers three providers in a list, of which one serves everything with the chosen model', async () => {
    const page = await stage.visit({ org: 'bg1' })
    await chooseOwn(page)
    const list = page.getByLabel('Provider', { exact: true })
    await expect
      .poll(() => list.locator('option').evaluateAll((options) => options.map((o) => o.getAttribute('value')).sort()))
      .toEqual(['CLAUDE', 'GEMINI', 'OPENAI'])
    await list.selectOption('OPENAI')
    await page.getByRole('textbox', { name: 'API key' }).fill(working)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-card').waitFor()
    await expect
      .poll(() => textOf(page, '[data-testid=at-a-glance]'))
      .toContain('Your own key serves all your AI features.')
    for (const feature of await page.locator('[data-feature]').all())
      await expect.poll(() => feature.innerText()).toContain('api.openai.com')
  })

  it('BG1 switches the one provider that serves, among those that have a key', async () => {
    await putKey('bg1b')
    await stage.server().api('PUT', '/orgs/bg1b/keys/GEMINI', { key: 'AIzaSyA-sandbox-ok-000000000000000001234' })
    await stage.server().api('PUT', '/orgs/bg1b/settings/active-provider', { provider: 'OPENAI' })
    const page = await stage.visit({ org: 'bg1b' })
    await page.getByLabel('Provider', { exact: true }).selectOption('GEMINI')
    await page.getByRole('button', { name: 'Use Google Gemini' }).click()
    await page.locator('[data-feature=summarization]').getByText('generativelanguage').waitFor()
  })

  it('BG2 stores no key that the provider refuses, and says why', async () => {
    const page = await stage.visit({ org: 'bg2' })
    await chooseOwn(page)
    await page.getByLabel('Provider', { exact: true }).selectOption('OPENAI')
    await page.getByRole('textbox', { name: 'API key' }).fill('sk-sandbox-invalid-00000000000000000abcd')
    await page.getByRole('button', { name: 'Save' }).click()
    const alert = page.getByTestId('key-form').getByRole('alert')
    await alert.waitFor()
    await expect.poll(() => alert.innerText()).toMatch(/[\s\S]{40}/)
    const { body } = await stage.server().api('GET', '/orgs/bg2/settings')
    expect(body.providers.flatMap((provider: { keys: unknown[] }) => provider.keys)).toEqual([])
  })

  it('BG6 says for each provider where to make the key and what it needs', async () => {
    const page = await stage.visit({ org: 'bg6' })
    await chooseOwn(page)
    const pages = {
      OPENAI: 'https://platform.openai.com/api-keys',
      GEMINI: 'https://aistudio.google.com/apikey',
      CLAUDE: 'https://platform.claude.com/settings/keys',
    }
    for (const [id, keyPage] of Object.entries(pages)) {
      await page.getByLabel('Provider', { exact: true }).selectOption(id)
      const form = page.getByTestId('key-form')
      await expect.poll(() => form.getByRole('link').first().getAttribute('href')).toBe(keyPage)
      expect(await form.locator('ul').first().getByRole('listitem').count()).toBeGreaterThan(0)
    }
  })

  it('BG7 reports validity, response time and permissions each by itself', async () => {
    const page = await stage.visit({ org: 'bg7' })
    await chooseOwn(page)
    await page.getByLabel('Provider', { exact: true }).selectOption('OPENAI')
    await page.getByRole('textbox', { name: 'API key' }).fill(working)
    await page.getByRole('button', { name: 'Test connection' }).click()
    const report = page.getByTestId('test-report')
    for (const check of ['authenticated', 'latency', 'permitted']) {
      await report.locator(`[data-check=${check}][data-ok=true]`).first().waitFor()
    }
    expect(await report.innerText()).toMatch(
      /Valid and not expired[\s\S]*Permissions sufficient[\s\S]*Response time acceptable/,
    )
  })

  it('BG8 falls back without a switch, and shows a banner while the own key fails', async () => {
    await putKey('bg8')
    // A key that passed when it was saved and ran dry later: the sandbox decides by the key itself.
    await stage.server().api('PUT', '/orgs/bg8/keys/OPENAI', { key: 'sk-sandbox-quota-0000000000000000000abcd' })
    const asked = await stage.server().api('POST', '/orgs/bg8/try-out', { feature: 'content_generation' })
    const page = await stage.visit({ org: 'bg8' })
    expect(await page.getByRole('switch').count()).toBe(0)
    await expect
      .poll(() => textOf(page, '[data-testid=key-card]'))
      .toContain('If your key fails, BreakGround AI handles the request.')
    expect(asked.body).toMatchObject({ ok: true, keySource: 'platform', fallback: 'quota_exhausted' })
    await expect.poll(() => textOf(page, '[data-notice]')).toMatch(/OpenAI.*BreakGround AI/)
    await putKey('bg8')
    await stage.server().api('POST', '/orgs/bg8/keys/OPENAI/test', {})
    await page.reload()
    await page.getByTestId('key-card').waitFor()
    expect(await page.locator('[data-notice]').count()).toBe(0)
  })

  it('does not count the key of a provider that is not chosen as one that serves, nor as one that fails', async () => {
    await stage.server().putOrg('spare')
    await stage.server().putKey('spare', 'GEMINI', 'AIzaSyA-sandbox-quota-00000000000000001234')
    await putKey('spare')
    const page = await stage.visit({ org: 'spare' })
    await expect.poll(() => textOf(page, '[data-testid=at-a-glance]')).toContain('Your own key serves all')
    expect(await textOf(page, '[data-testid=flow]')).not.toContain('Your Google Gemini key')
    await page.getByLabel('Provider', { exact: true }).selectOption('GEMINI')
    const card = page.locator('[data-provider=GEMINI][data-testid=key-card]')
    await card.locator('[data-status=quota]').waitFor()
    expect(await card.innerText()).not.toContain('Serves:')
    await card.getByRole('button', { name: 'Remove key' }).click()
    await page.getByRole('dialog').getByText('It serves nothing now, so nothing else changes.').waitFor()
  })

  it('goes back to the platform’s AI although one of the keys was removed elsewhere meanwhile', async () => {
    await putKey('leave')
    await stage.server().putKey('leave', 'GEMINI', 'AIzaSyA-sandbox-ok-000000000000000001234')
    const page = await stage.visit({ org: 'leave' })
    await page.getByText('BreakGround AI', { exact: true }).first().click()
    await page.getByRole('button', { name: 'Save' }).click()
    await stage.server().api('DELETE', '/orgs/leave/keys/GEMINI')
    await page.getByRole('button', { name: 'Delete key and switch' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const { body } = await stage.server().api('GET', '/orgs/leave/settings')
    expect(body.providers.flatMap((provider: { keys: unknown[] }) => provider.keys)).toEqual([])
  })

  it('shows a test only on the card of the key that was tested', async () => {
    await putKey('cards')
    await stage.server().putKey('cards', 'GEMINI', 'AIzaSyA-sandbox-ok-000000000000000001234')
    const page = await stage.visit({ org: 'cards' })
    await page.getByLabel('Provider', { exact: true }).selectOption('OPENAI')
    await page.getByRole('button', { name: 'Test key' }).click()
    await page.locator('[data-testid=test-report] [data-status]').waitFor()
    await page.getByLabel('Provider', { exact: true }).selectOption('GEMINI')
    await page.locator('[data-provider=GEMINI][data-testid=key-card]').waitFor()
    expect(await page.getByTestId('test-report').count()).toBe(0)
  })

  it('BG9 asks once before a key is removed, and the system key serves at once', async () => {
    await putKey('bg9')
    const page = await stage.visit({ org: 'bg9' })
    await page.getByRole('button', { name: 'Remove key' }).click()
    const dialog = page.getByRole('dialog')
    await expect.poll(() => dialog.innerText()).toContain('BreakGround AI serves what this key served')
    await dialog.getByRole('button', { name: 'Remove key' }).click()
    await page.getByTestId('key-card').waitFor({ state: 'detached' })
    await expect
      .poll(() => textOf(page, '[data-testid=at-a-glance]'))
      .toContain('BreakGround AI serves all your AI features.')
  })
})
