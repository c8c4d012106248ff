import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { locales } from '../../console/src/i18n/locales.ts'
import { findings } from './axe.ts'
import { allowOrigins, openHostPage } from './host-page.ts'
import { go, memberPages, operatorPages } from './pages.ts'
import { openStage } from './stage.ts'

const stage = openStage('support-inbox')
const themes = ['light', 'dark'] as const
const cases = locales.flatMap((locale) => themes.map((colorScheme) => ({ locale, colorScheme })))
const timeout = 240_000

/** A customer with a key that fails, so that there are banners, badges and reasons to look at. */
async function prepare() {
  const { api, putOrg, putKey } = stage.server()
  await putOrg('acme', { name: 'Acme Support', addOns: ['re_engagement'] })
  await putKey('acme', 'gemini', 'AIzaSyA-sandbox-quota-00000000000001234', { owner: 'Team', label: 'A label' })
  await api('POST', '/orgs/acme/keys/gemini/test', {})
  for (const feature of ['chatbot', 'translation']) await api('POST', '/orgs/acme/try-out', { feature })
}

/** Each of the card's dialogs, one after the other. */
async function inDialogs(page: Page, where: string): Promise<string[]> {
  const found: string[] = []
  for (const place of [1, 2, 3, 4, 5]) {
    await page.getByTestId('key-card').locator('footer button').nth(place).click()
    await page.locator('dialog[open]').waitFor()
    found.push(...(await findings(page, `${where} dialog ${place}`)))
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
  }
  return found
}

describe('axe finds nothing', () => {
  it.each(cases)(
    'on a member’s pages and dialogs in $locale, $colorScheme',
    async ({ locale, colorScheme }) => {
      await prepare()
      const page = await stage.visit(
        { org: 'acme', locale },
        { name: 'Acme Support', addOns: ['re_engagement'] },
        { colorScheme },
      )
      const found: string[] = []
      for (const path of memberPages) {
        await go(page, `/${locale}/${path}`)
        found.push(...(await findings(page, path)))
      }
      await go(page, `/${locale}/settings`)
      await page.locator('[data-feature=chatbot] [aria-expanded=false]').click()
      await page.getByTestId('chain').waitFor()
      found.push(...(await findings(page, 'why')), ...(await inDialogs(page, 'settings')))
      expect(found).toEqual([])
    },
    timeout,
  )

  it.each(cases)(
    'on the operator’s pages in $locale, $colorScheme',
    async ({ locale, colorScheme }) => {
      await prepare()
      const page = await stage.operator({ colorScheme })
      const found: string[] = []
      for (const path of operatorPages) {
        await go(page, `/${locale}/${path}`)
        found.push(...(await findings(page, path)))
      }
      await go(page, `/${locale}/operator`)
      await page.locator('main header .button-primary').click()
      await page.locator('dialog form').waitFor()
      found.push(...(await findings(page, 'new organization')))
      expect(found).toEqual([])
    },
    timeout,
  )

  it.each(cases)('for somebody who is not signed in, in $locale, $colorScheme', async ({ locale, colorScheme }) => {
    const page = await stage.blank({ colorScheme })
    await page.goto(`${stage.server().url}/${locale}/settings`)
    await page.getByTestId('signed-out').waitFor()
    expect(await findings(page, 'signed out')).toEqual([])
  })

  it.each(themes)(
    'on the product’s page with the widget, in each language, %s',
    async (colorScheme) => {
      await prepare()
      const host = await openHostPage(stage.server())
      await allowOrigins(stage.server(), 'support-inbox', [host.origin])
      host.signIn({ org: 'acme', user: { id: 'u_1', name: 'Ada', role: 'owner' } })
      const page = await stage.blank({ colorScheme })
      await page.goto(host.origin)
      const found: string[] = []
      for (const locale of locales) {
        await page.evaluate(
          `for (const one of document.querySelectorAll('ownkey-settings, ownkey-usage')) one.setAttribute('locale', '${locale}')`,
        )
        await page.locator(`ownkey-settings [lang=${locale}] [data-testid=key-card]`).waitFor()
        await page.waitForLoadState('networkidle')
        found.push(...(await findings(page, locale)))
      }
      await host.close()
      expect(found).toEqual([])
    },
    timeout,
  )
})
