import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openStage } from './stage.ts'

/** What another tab, or another person, does while a form is open. */
const stage = openStage('agent-builder')
const plan = { plan: 'hosted' }
const key = (end: string) => `sk-proj-sandbox-ok-${'0'.repeat(28)}${end}`

const hintOf = async (org: string) =>
  (await stage.server().api('GET', `/orgs/${org}/settings`)).body.providers.find(
    ({ id }: { id: string }) => id === 'openai',
  ).keys[0].last4

/** Fills the form for a key and, before it is saved, puts another key into the same place. */
async function saveBehind(page: Page, org: string, button: string) {
  await page.getByRole('button', { name: button, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'API key' }).fill(key('1111'))
  await stage.server().putKey(org, 'openai', key('2222'))
  await dialog.getByRole('button', { name: 'Save' }).click()
  return dialog
}

describe('a key that was saved elsewhere while a form is open', () => {
  it.each([
    ['Add key: OpenAI', undefined],
    ['Replace key', key('0000')],
  ])('is replaced only by who knows of it: %s', async (button, before) => {
    const org = before ? 'replaced' : 'added'
    await stage.server().putOrg(org, plan)
    if (before) await stage.server().putKey(org, 'openai', before)
    const page = await stage.visit({ org }, plan)
    const dialog = await saveBehind(page, org, button)
    const told = dialog.getByRole('alert')
    await told.getByText('Meanwhile another key was saved here: sk-...2222.').waitFor()
    await told.getByText('To replace it, save again.').waitFor()
    expect(await hintOf(org)).toBe('2222')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-card').locator('header code', { hasText: '1111' }).waitFor()
    expect(await hintOf(org)).toBe('1111')
  })

  it('is told in the reader’s language', async () => {
    await stage.server().putOrg('german', plan)
    const page = await stage.visit({ org: 'german', locale: 'de' }, plan)
    await page.getByRole('button', { name: 'Schlüssel hinzufügen: OpenAI', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'API-Schlüssel' }).fill(key('1111'))
    await stage.server().putKey('german', 'openai', key('2222'))
    await dialog.getByRole('button', { name: 'Speichern' }).click()
    await dialog.getByText('Inzwischen wurde hier ein anderer Schlüssel gespeichert: sk-...2222.').waitFor()
    expect(await dialog.locator('[lang=en]').count()).toBe(0)
  })
})

describe('a key’s card', () => {
  it('names who put the key there, not who once added the one before it', async () => {
    await stage.server().putOrg('named', plan)
    const page = await stage.visit({ org: 'named' }, plan)
    await page.getByRole('button', { name: 'Add key: OpenAI', exact: true }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill(key('1111'))
    await page.getByRole('button', { name: 'Save' }).click()
    const facts = page.getByTestId('key-card').locator('dl')
    await expect.poll(() => facts.innerText()).toMatch(/Added\s+\w+ \d+, \d{4} by you/)
    await stage.server().putKey('named', 'openai', key('2222'))
    await page.reload()
    await expect.poll(() => facts.innerText()).toMatch(/Changed\s+\w+ \d+, \d{4} by operator/)
  })
})
