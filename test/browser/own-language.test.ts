import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openStage, paste, textOf } from './stage.ts'

const stage = openStage('agent-builder')
const invalid = 'sk-proj-sandbox-invalid-0000000000000000000000001111'
const good = (end: string) => `sk-proj-sandbox-ok-00000000000000000000000000000000${end}`

/** Sentences that stand there in English, as the page itself marks them. */
const inEnglish = (page: Page, selector: string) =>
  page.locator(`${selector} [lang=en]`).evaluateAll((found) => found.map(({ textContent }) => textContent))

describe('what the server says', () => {
  it.each([
    ['de', /Vertritt|vertritt|funktioniert nicht/, /kein Guthaben oder Kontingent/, /Der Ersatz ist .* ausgeschaltet/],
    ['zh', /无法使用|正在代替/, /已无额度/, /密钥关闭了后备/],
    ['es', /no funciona|supliendo/, /no tiene crédito/, /El respaldo está desactivado/],
    ['hi', /काम नहीं कर रही|जगह काम कर रहा/, /क्रेडिट या कोटा नहीं बचा/, /विकल्प बंद है/],
  ])('is said in %s: notices, causes, tests and reasons', async (locale, notice, cause, skipped) => {
    const org = `said_${locale}`
    const { api, putOrg, putKey } = stage.server()
    await putOrg(org, { plan: 'hosted' })
    await putKey(org, 'gemini', 'AIzaSyA-sandbox-quota-00000000000001234')
    await api('POST', `/orgs/${org}/try-out`, { feature: 'chat' })
    const page = await stage.visit({ org, locale }, { plan: 'hosted' })
    await page.locator('[data-notice]').first().waitFor()
    expect(await textOf(page, '[data-notice]')).toMatch(notice)
    expect(await textOf(page, '[data-testid=status-cause]')).toMatch(cause)
    await page.locator('[data-feature=chat] [aria-expanded=false]').click()
    await page.getByTestId('chain').waitFor()
    expect(await textOf(page, '[data-testid=chain]')).toMatch(skipped)
    await page.getByTestId('key-card').locator('footer button').first().click()
    await page.locator('[data-testid=test-report] [data-status=quota]').waitFor()
    for (const part of [
      '[data-notice]',
      '[data-testid=status-cause]',
      '[data-testid=chain]',
      '[data-testid=test-report]',
    ])
      expect(await inEnglish(page, part)).toEqual([])
  })

  it('is said of a key that the provider refuses, with what to do', async () => {
    const page = await stage.visit({ org: 'refused_de', locale: 'de' }, { plan: 'hosted' })
    await page.getByRole('button', { name: 'Schlüssel hinzufügen: OpenAI', exact: true }).click()
    await paste(page.locator('[name=provider-secret]'), invalid)
    await page.locator('[name=provider-secret]').fill(invalid)
    await page.getByRole('button', { name: 'Speichern' }).click()
    const note = page.getByRole('dialog').getByRole('alert')
    await note.waitFor()
    expect(await note.innerText()).toMatch(/Der Anbieter akzeptiert diesen Schlüssel nicht.*neuen Schlüssel/s)
    expect(await inEnglish(page, 'dialog [role=alert]')).toEqual([])
  })
})

describe('a replaced key', () => {
  it('FA12 can be put back as long as the plan keeps it, after one question', async () => {
    const { putOrg, putKey } = stage.server()
    await putOrg('back', { plan: 'hosted' })
    await putKey('back', 'openai', good('1111'))
    await putKey('back', 'openai', good('2222'))
    const page = await stage.visit({ org: 'back' }, { plan: 'hosted' })
    const card = page.getByTestId('key-card')
    expect(await textOf(page, '[data-testid=restorable]')).toMatch(/1111, can be put back until \w+ \d+, \d{4}/)
    await card.getByRole('button', { name: 'Put back' }).click()
    expect(await textOf(page, 'dialog')).toMatch(/2222 is deleted here for good/)
    await page.getByRole('dialog').getByRole('button', { name: 'Put back' }).click()
    await page.getByTestId('restorable').waitFor({ state: 'detached' })
    expect(await card.locator('header').innerText()).toContain('1111')
  })
})
