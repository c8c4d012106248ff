import { describe, expect, it } from 'vitest'
import { expectNowhere, openStage, textOf } from './stage.ts'

const stage = openStage('customer-research')
const insights = { plan: 'insights', byokEnabled: true }
const working = 'AIzaSyA-sandbox-ok-000000000000000001234'
const mine = { role: 'member', user: 'u_kim' } as const

async function putKey(org: string) {
  await stage.server().api('PUT', `/orgs/${org}`, { name: org, ...insights })
  const { status } = await stage
    .server()
    .api('PUT', `/orgs/${org}/keys/google_gemini`, { key: working, user: mine.user })
  expect(status).toBe(200)
}

describe('the settings page of customer research', () => {
  it('KJ2 lists exactly the providers that are available', async () => {
    const page = await stage.visit({ org: 'kj2', ...mine }, insights)
    await page.getByRole('button', { name: 'Add provider key' }).click()
    const options = page.getByRole('dialog').getByLabel('Provider', { exact: true }).locator('option')
    expect(await options.evaluateAll((all) => all.map((one) => one.getAttribute('value')).sort())).toEqual([
      'elevenlabs',
      'google_gemini',
    ])
  })

  it('KJ3 goes from provider to key to test to saved', async () => {
    const page = await stage.visit({ org: 'kj3', ...mine }, insights)
    await page.getByRole('button', { name: 'Add provider key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Provider', { exact: true }).selectOption('google_gemini')
    expect(await dialog.getByRole('button', { name: 'Test connection' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox', { name: 'API key' }).fill(working)
    await dialog.getByRole('button', { name: 'Test connection' }).click()
    await dialog.locator('[data-check=authenticated][data-ok=true]').waitFor()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-card').waitFor()
    await expectNowhere(page, working)
  })

  it('KJ8 lists keys, and lets each be tested again, replaced and removed', async () => {
    await putKey('kj8')
    const page = await stage.visit({ org: 'kj8', ...mine }, insights)
    const card = page.getByTestId('key-card')
    expect(await card.innerText()).toContain('1234')
    await card.getByRole('button', { name: 'Test key' }).click()
    await card.locator('header [data-status=valid]').waitFor()
    await card.getByRole('button', { name: 'Replace key' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill('AIzaSyA-sandbox-ok-000000000000000009876')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await card.getByText('9876').waitFor()
  })

  it.each([
    ['invalid', /key/i],
    ['permission', /permission|allowed|may not/i],
    ['rate', /rate|many|limit|tier/i],
  ])('KJ10 explains a key whose trouble is %s with what is known', async (how, words) => {
    const page = await stage.visit({ org: `kj10_${how}`, ...mine }, insights)
    await page.getByRole('button', { name: 'Add provider key' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill(`AIzaSyA-sandbox-${how}-0000000000000000001234`)
    await page.getByRole('button', { name: 'Test connection' }).click()
    const failed = page.locator('[data-testid=test-report] [data-check]')
    await failed.first().waitFor()
    expect(await textOf(page, '[data-testid=test-report]')).toMatch(words)
  })

  it('KJ11 returns to the built-in allocation when the key is removed', async () => {
    await putKey('kj11')
    const page = await stage.visit({ org: 'kj11', ...mine }, insights)
    await page.getByRole('button', { name: 'Remove key' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove key' }).click()
    await page.getByTestId('key-card').waitFor({ state: 'detached' })
    expect(await textOf(page, '[data-feature=analysis]')).toContain('Koji AI')
    await page.getByRole('link', { name: 'Usage' }).click()
    expect(await textOf(page, '[data-meter=included_requests]')).toContain('of 1,000')
  })

  it('KJ12 tells a platform token from a provider key when it is pasted', async () => {
    const page = await stage.visit({ org: 'kj12', ...mine }, insights)
    await page.getByRole('button', { name: 'Add provider key' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill('okt_0123456789abcdefghijklmnopqrstuv')
    await page.getByText('This is a token of this platform, not a provider’s key.').waitFor()
    expect(await page.getByRole('dialog').getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  })
})
