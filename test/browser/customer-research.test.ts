import { describe, expect, it } from 'vitest'
import { expectNowhere, openStage, paste, textOf } from './stage.ts'

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
    await expect
      .poll(() => options.evaluateAll((all) => all.map((one) => one.getAttribute('value')).sort()))
      .toEqual(['elevenlabs', 'google_gemini'])
  })

  it('KJ3 goes from provider to key to test to saved', async () => {
    const page = await stage.visit({ org: 'kj3', ...mine }, insights)
    await page.getByRole('button', { name: 'Add provider key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Provider', { exact: true }).selectOption('google_gemini')
    await expect.poll(() => dialog.getByRole('button', { name: 'Test connection' }).isDisabled()).toBe(true)
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
    await expect.poll(() => card.innerText()).toContain('1234')
    await card.getByRole('button', { name: 'Test key' }).click()
    await card.locator('header [data-status=valid]').waitFor()
    await card.getByRole('button', { name: 'Replace key' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill('AIzaSyA-sandbox-ok-000000000000000009876')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await card.getByText('9876').waitFor()
  })

  async function tested(org: string, provider: string, pasted: string) {
    const page = await stage.visit({ org, ...mine }, insights)
    await page.getByRole('button', { name: 'Add provider key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Provider', { exact: true }).selectOption(provider)
    await paste(dialog.getByRole('textbox', { name: 'API key' }), pasted)
    const said = await dialog.getByTestId('key-form').innerText()
    await dialog.getByRole('button', { name: 'Test connection' }).click()
    await page.locator('[data-testid=test-report] [data-status]').waitFor()
    return { said, report: await textOf(page, '[data-testid=test-report]') }
  }

  it('KJ10 explains an invalid key by the spaces that were cut off and the prefix that is missing', async () => {
    const { said, report } = await tested('kj10_a', 'google_gemini', ' SyA-sandbox-invalid-0000000000000001234\n')
    expect(said).toContain('2 spaces or line breaks were removed from what you pasted.')
    expect(report).toContain('begin with "AQ." or "AIza". Check that the whole key was copied.')
    expect(report).toContain('The provider does not accept this key: it is mistyped, expired, or was revoked.')
  })

  it('KJ10 explains insufficient permissions by the one that is missing', async () => {
    const { report } = await tested('kj10_b', 'elevenlabs', ' sk_sandbox-permission-00000000000000000001')
    expect(report).toMatch(/It lacks: [a-z_]+\./)
  })

  it('KJ10 explains many requests per run by their numbers for each model and endpoint', async () => {
    await putKey('kj10_d')
    const page = await stage.visit({ org: 'kj10_d', ...mine }, insights)
    await page.getByRole('button', { name: 'Try it: Analysis' }).click()
    for (const count of [1, 2]) {
      await page.getByRole('button', { name: 'Send' }).click()
      await page.getByTestId('try-out-answer').waitFor()
      await expect
        .poll(async () => (await stage.server().api('GET', '/orgs/kj10_d/usage')).body.total.requests)
        .toBe(count)
    }
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Usage' }).click()
    await page.getByLabel('Break down by').selectOption('model')
    await page.getByText('Show as table').click()
    await expect.poll(() => textOf(page, 'details table')).toMatch(/gemini-2.5-pro 2 /)
    await page.getByLabel('Break down by').selectOption('surface')
    await expect.poll(() => textOf(page, 'details table')).toMatch(/Endpoint.*generate|chat.* 2 /)
  })

  it('KJ11 returns to the built-in allocation when the key is removed', async () => {
    await putKey('kj11')
    const page = await stage.visit({ org: 'kj11', ...mine }, insights)
    await page.getByRole('button', { name: 'Remove key' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove key' }).click()
    await page.getByTestId('key-card').waitFor({ state: 'detached' })
    await expect.poll(() => textOf(page, '[data-feature=analysis]')).toContain('Koji AI')
    await page.getByRole('link', { name: 'Usage' }).click()
    await expect.poll(() => textOf(page, '[data-meter=included_requests]')).toContain('of 1,000')
  })

  it('KJ12 tells a platform token from a provider key when it is pasted', async () => {
    const page = await stage.visit({ org: 'kj12', ...mine }, insights)
    await page.getByRole('button', { name: 'Add provider key' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill('okt_0123456789abcdefghijklmnopqrstuv')
    await page.getByText('This is a token of this platform, not a provider’s key.').waitFor()
    await expect.poll(() => page.getByRole('dialog').getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  })
})
