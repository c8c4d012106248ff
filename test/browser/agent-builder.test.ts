import { describe, expect, it } from 'vitest'
import { signal } from '../support/upstream-journal.ts'
import { openStage, textOf } from './stage.ts'

const stage = openStage('agent-builder')
const working = 'AIzaSyA-sandbox-ok-000000000000000001234'
const hosted = { plan: 'hosted' }

async function putKey(org: string, body: object) {
  await stage.server().api('PUT', `/orgs/${org}`, { name: org, ...hosted })
  const answer = await stage.server().api('PUT', `/orgs/${org}/keys/gemini`, { key: working, ...body })
  expect(answer.status).toBe(200)
}

describe('the settings page of an agent builder', () => {
  it.each([
    ['en', 'AI settings', 'LLM API keys'],
    ['zh', 'AI 设置', 'LLM API 密钥'],
    ['hi', 'AI सेटिंग', 'LLM API कुंजियाँ'],
    ['es', 'Configuración de IA', 'Claves de API de LLM'],
    ['de', 'KI-Einstellungen', 'LLM-API-Schlüssel'],
  ])('FA1 speaks the reader’s language under /%s/', async (locale, title, keys) => {
    const page = await stage.visit({ org: 'fa1', locale }, hosted)
    expect(new URL(page.url()).pathname).toBe(`/${locale}/settings`)
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe(locale)
    await expect.poll(() => textOf(page, 'main h1')).toBe(title)
    await expect.poll(() => textOf(page, '[data-testid=provider-list] h2')).toBe(keys)
  })

  it('FA1 changes the language in place', async () => {
    const page = await stage.visit({ org: 'fa1b', locale: 'en' }, hosted)
    await page.getByLabel('Language').selectOption('de')
    await page.getByRole('heading', { level: 1, name: 'KI-Einstellungen' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/de/settings')
  })

  it('FA2 has one slot for each vendor, and for any compatible endpoint', async () => {
    const page = await stage.visit({ org: 'fa2' }, hosted)
    for (const id of ['openai', 'anthropic', 'gemini', 'openai_compatible', 'mistral', 'groq']) {
      await expect.poll(() => page.locator(`[data-provider=${id}]`).count()).toBe(1)
    }
    await page.locator('[data-provider=openai_compatible]').getByRole('button').click()
    await page.getByRole('dialog').getByLabel('Base URL').waitFor()
  })

  it('FA10 shows the hosted limits before they are hit', async () => {
    const page = await stage.visit({ org: 'fa10' }, hosted)
    await page.getByRole('link', { name: 'Usage' }).click()
    await expect.poll(() => textOf(page, '[data-meter=image_recognition]')).toContain('0 of 100')
    await expect.poll(() => textOf(page, '[data-meter=media_transcription]')).toContain('0 of 60')
  })

  it('FA12 shows when a key is due for replacement, who owns it, and replaces it', async () => {
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)
    await putKey('fa12', { owner: 'Platform team', label: 'Main key', rotateBy: soon })
    const page = await stage.visit({ org: 'fa12' }, hosted)
    await expect.poll(() => textOf(page, '[data-testid=key-card]')).toMatch(/Main key.*Platform team.*due soon/)
    await page.getByRole('button', { name: 'Replace key' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill('AIzaSyA-sandbox-ok-000000000000000009876')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-card').getByText('9876').waitFor()
  })

  it('FA12 stops a leaked key at once', async () => {
    await putKey('fa12b', {})
    const page = await stage.visit({ org: 'fa12b' }, hosted)
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await page.locator('[data-testid=key-card] header [data-status=disabled]').waitFor()
    await page.getByRole('button', { name: 'Enable' }).click()
    await page.locator('[data-testid=key-card] header [data-status=valid]').waitFor()
  })

  it('says why a key was not saved where it can be seen, on a small screen too', async () => {
    const page = await stage.visit({ org: 'refused' }, hosted, { viewport: { width: 360, height: 640 } })
    await page.getByRole('button', { name: 'Add key: OpenAI', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'API key' }).fill(`sk-proj-sandbox-invalid-${'0'.repeat(32)}`)
    await dialog.press('End')
    await dialog.getByRole('button', { name: 'Save' }).click()
    const alert = dialog.getByRole('alert')
    await alert.waitFor()
    const [edge, box] = [await dialog.boundingBox(), await alert.boundingBox()]
    expect(box?.y).toBeGreaterThanOrEqual(edge?.y ?? 0)
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual((edge?.y ?? 0) + (edge?.height ?? 0))
  })

  it('FA13 sends a single message from the page', async () => {
    await putKey('fa13', {})
    const page = await stage.visit({ org: 'fa13' }, hosted)
    await page.getByRole('button', { name: 'Try it: Chat' }).click()
    await page.getByLabel('Message').fill('Hello')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('[data-testid=try-out-answer][data-ok=true]').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('link', { name: 'Requests' }).click()
    await page
      .getByRole('cell', { name: /gemini-2.5-flash/ })
      .first()
      .waitFor()
  })

  it('FA13 tries the key on whose card it was asked for, not the one that comes first', async () => {
    await putKey('fa13', {})
    await stage.server().putKey('fa13', 'openai', 'sk-proj-sandbox-ok-0000000000000000000000000000000001')
    const page = await stage.visit({ org: 'fa13' }, hosted)
    await page.locator('[data-testid=key-card][data-provider=openai]').getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('[data-testid=try-out-answer]', { hasText: 'openai' }).waitFor()
  })

  it('FA14 keeps the keys of each environment apart', async () => {
    await putKey('fa14', { environment: 'staging' })
    const page = await stage.visit({ org: 'fa14' }, hosted)
    expect(await page.getByTestId('key-card').count()).toBe(0)
    await page.getByLabel('Environment').selectOption('staging')
    await page.getByTestId('key-card').waitFor()
  })

  it('FA14 shows nothing of the environment before while another is fetched', async () => {
    await stage.server().putOrg('fa14c', hosted)
    await stage.server().putKey('fa14c', 'openai', `sk-proj-sandbox-ok-${'0'.repeat(32)}`, { label: 'Live' })
    const page = await stage.visit({ org: 'fa14c' }, hosted)
    await page.getByTestId('key-card').waitFor()
    const looked = signal()
    await page.route('**/settings?environment=staging', async (route) => {
      await looked.raised
      await route.continue()
    })
    const environment = page.getByLabel('Environment')
    await environment.selectOption('staging')
    await page.getByTestId('key-card').waitFor({ state: 'detached' })
    expect(await environment.inputValue()).toBe('staging')
    looked.raise()
    await page.getByRole('button', { name: 'Add key: OpenAI', exact: true }).waitFor()
    expect(await environment.inputValue()).toBe('staging')
  })

  it('FA14 says of what needs attention in which environment it does', async () => {
    await stage.server().putOrg('fa14b', hosted)
    const due = { rotateBy: new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10) }
    for (const environment of ['production', 'staging'])
      await stage.server().putKey('fa14b', 'openai', `sk-proj-sandbox-ok-${'0'.repeat(32)}`, { ...due, environment })
    const page = await stage.visit({ org: 'fa14b' }, hosted)
    const notices = page.locator('[data-notice=rotation_due]')
    await notices.getByText('Environment: production').waitFor()
    await notices.getByText('Environment: staging').waitFor()
  })

  it('FA15 says for each feature which provider, host and region receive the data', async () => {
    await putKey('fa15', {})
    const page = await stage.visit({ org: 'fa15' }, hosted)
    await expect
      .poll(() => textOf(page, '[data-feature=image_description]'))
      .toMatch(/Google Gemini · gemini-2.5-flash · generativelanguage.googleapis.com · region/)
  })

  it('FA15 offers only the regions that the plan allows, and no key where there is none', async () => {
    const page = await stage.visit({ org: 'fa15b' }, { plan: 'hosted_eu' })
    const openai = page.locator('[data-provider=openai]')
    await openai.getByRole('button').click()
    const region = page.getByRole('dialog').getByLabel('Region')
    expect(await region.locator('option').allTextContents()).toEqual(['eu · eu.api.openai.com'])
    const offered = page.getByRole('dialog').getByLabel('Provider')
    expect(await offered.locator('option', { hasText: 'Groq' }).count()).toBe(0)
    await page.getByRole('textbox', { name: 'API key' }).fill('sk-proj-sandbox-ok-0000000000000000000000000000000015')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => textOf(page, '[data-testid=key-card]')).toContain('eu.api.openai.com')
    const groq = page.locator('[data-provider=groq]')
    expect(await groq.textContent()).toContain('No host in your plan’s regions.')
    expect(await groq.getByRole('button').count()).toBe(0)
  })
})
