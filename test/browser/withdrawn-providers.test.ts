import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { profileConfig } from '../support/profile.ts'
import { startOwnkey } from '../support/running-server.ts'
import { sandboxPlatformKeys } from './real-browser.ts'
import { openStage, textOf } from './stage.ts'

const withdrawn = { title: 'Gemini only', providers: { gemini: 'optional', '*': 'unavailable' } }
const config = profileConfig('agent-builder', undefined, { 'plans.gemini_only': withdrawn })
const stage = openStage('agent-builder', () => startOwnkey({ config, sandbox: true, env: sandboxPlatformKeys }))

interface Moved {
  environment?: string
  disabled?: boolean
  /** What the sandbox answers the key. */
  answer?: 'ok' | 'quota'
}

/** The settings of an organization that moved, with its key of OpenAI, to a plan that has Google Gemini alone. */
async function moved(org: string, { environment, disabled = false, answer = 'ok' }: Moved = {}): Promise<Page> {
  const { api, putOrg, putKey } = stage.server()
  await putOrg(org, { plan: 'hosted' })
  const key = `sk-proj-sandbox-${answer}-${'0'.repeat(32)}`
  await putKey(org, 'openai', key, environment ? { environment } : {})
  if (disabled) expect((await api('POST', `/orgs/${org}/keys/openai/disable`)).status).toBe(200)
  return stage.visit({ org }, { plan: 'gemini_only' })
}

const card = (page: Page) => page.getByTestId('key-card')
const buttonsOn = (page: Page) => card(page).getByRole('button').allInnerTexts()

describe('the key of a provider that the plan no longer offers', () => {
  it('says that nothing uses it, claims to serve nothing, and can be disabled or removed', async () => {
    const page = await moved('active')
    await expect
      .poll(() => textOf(page, '[data-testid=status-cause]'))
      .toContain('Your plan no longer offers this provider, so nothing uses the key.')
    expect(await buttonsOn(page)).toEqual(['Disable', 'Remove key'])
    expect(await card(page).innerText()).not.toMatch(/Serves:|If your key fails/)
    expect(await textOf(page, '[data-testid=flow]')).not.toContain('Your OpenAI key')
    await card(page).getByRole('button', { name: 'Remove key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('It serves nothing now, so nothing else changes.').waitFor()
    await dialog.getByRole('button', { name: 'Remove key' }).click()
    await card(page).waitFor({ state: 'detached' })
  })

  it('cannot be enabled, and says why', async () => {
    const page = await moved('asleep', { disabled: true })
    await expect
      .poll(() => textOf(page, '[data-testid=status-cause]'))
      .toMatch(/^This key is kept but not used\. Your plan no longer offers this provider/)
    expect(await buttonsOn(page)).toEqual(['Enable', 'Remove key'])
    expect(await card(page).getByRole('button', { name: 'Enable' }).isDisabled()).toBe(true)
  })

  it('worries nobody when it fails, as nothing uses it', async () => {
    const page = await moved('failing', { answer: 'quota' })
    await card(page).locator('[data-status=quota]').waitFor()
    expect(await textOf(page, '[data-testid=at-a-glance]')).not.toContain('failing')
    expect(await page.locator('[data-notice]').count()).toBe(0)
  })

  it('leaves no way to add another one in the other environment', async () => {
    const page = await moved('elsewhere', { environment: 'staging' })
    await page.getByRole('radio', { name: 'My Google Gemini key (BYOK)' }).waitFor()
    expect(await page.getByText('OpenAI', { exact: true }).count()).toBe(0)
    await page.getByLabel('Environment').selectOption('staging')
    await card(page).getByRole('heading', { name: 'OpenAI' }).waitFor()
  })
})
