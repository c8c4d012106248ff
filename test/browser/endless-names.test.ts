import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { startOwnkey } from '../support/running-server.ts'
import { go } from './pages.ts'
import { sandboxPlatformKeys } from './real-browser.ts'
import { openStage } from './stage.ts'

/** 79 characters in which nothing can be broken but by force, told apart by their first. */
const endless = (first: string) =>
  `${first}donaudampfschifffahrtsgesellschaftskapitaensmuetzenfabrikantenverbandsvorsitz`.slice(0, 79)

const plan = {
  title: endless('p'),
  providers: { gemini: 'optional', openai: 'optional', mistral: 'optional', '*': 'unavailable' },
  scopes: { narrow: { title: endless('s'), features: ['chat'] } },
  fallback: { mode: 'customer' },
  verify: 'format_only',
  quotas: { requests: { title: endless('q'), limit: 10 } },
  rotation: { everyDays: 5, overlapHours: 5 },
}
const config = {
  platform: { name: endless('N'), aiName: endless('A'), support: endless('S') },
  providers: {
    gemini: {
      platformKey: '$' + '{GEMINI_API_KEY}',
      title: endless('G'),
      description: endless('D'),
      models: { hints: { 'gemini-2.5-flash': endless('H') }, refuse: [{ match: endless('m'), reason: endless('R') }] },
    },
    openai: { title: endless('O'), description: endless('D') },
    mistral: { comingSoon: true, title: endless('M'), description: endless('C') },
  },
  addOns: { plus: { title: endless('P') } },
  environments: ['production', endless('e').slice(0, 63)],
  features: {
    chat: { title: endless('F'), description: endless('B'), meter: 'requests' },
    vision: { title: endless('V'), capability: 'vision', addOn: 'plus' },
  },
  plans: {
    standard: plan,
    one: { providers: { gemini: 'optional', '*': 'unavailable' } },
    off: { byok: 'never' },
  },
}

const stage = openStage('none', () => startOwnkey({ config, sandbox: true, env: sandboxPlatformKeys }))
const orgs = { standard: endless('s').slice(0, 60), one: endless('o').slice(0, 60), off: endless('f').slice(0, 60) }
const key = (end: string) => `AIzaSyA-sandbox-quota-000000000000000${end}`

const isTooWide = (page: Page) =>
  page.evaluate(
    `[document.documentElement, ...document.querySelectorAll('dialog')].some(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)`,
  ) as Promise<boolean>

describe('names and titles without an end', () => {
  beforeAll(async () => {
    const server = stage.server()
    for (const [plan, org] of Object.entries(orgs)) await server.putOrg(org, { name: endless('N'), plan })
    await server.putKey(orgs.standard, 'gemini', key('1111'), { label: endless('L'), owner: endless('W') })
    await server.putKey(orgs.standard, 'gemini', key('2222'), { scope: 'narrow' })
    await server.api('POST', `/orgs/${orgs.standard}/keys/gemini/test`, {})
    await server.api('POST', `/orgs/${orgs.standard}/try-out`, { feature: 'chat' })
  })

  it.each([320, 1280])('widen no page of a customer’s at %i pixels', async (width) => {
    const wide: string[] = []
    for (const [plan, org] of Object.entries(orgs)) {
      const page = await stage.visit({ org }, { name: endless('N'), plan }, { viewport: { width, height: 800 } })
      for (const why of await page.getByRole('button', { name: 'Why?' }).all()) await why.click()
      await page.locator('.skeleton').first().waitFor({ state: 'detached' })
      if (await isTooWide(page)) wide.push(`${plan} settings`)
      for (const path of ['usage', 'requests', 'audit']) {
        await go(page, `/en/${path}`)
        if (await isTooWide(page)) wide.push(`${plan} ${path}`)
      }
    }
    expect(wide).toEqual([])
  })

  it('push no column of the requests and of the usage out of sight', async () => {
    const page = await stage.visit({ org: orgs.standard }, { name: endless('N') })
    const hidden = () =>
      page.evaluate(
        `[...document.querySelectorAll('figure[tabindex]')].map((e) => [e.getAttribute('aria-label'), e.scrollWidth - e.clientWidth])`,
      )
    await go(page, '/en/requests')
    await page.locator('tbody tr').first().waitFor()
    expect(await hidden()).toEqual([['Requests', 0]])
    await go(page, '/en/usage')
    await page.getByText('Show as table').click()
    await page.locator('tbody tr').first().waitFor()
    expect(await hidden()).toEqual([['Show as table', 0]])
  })

  it.each([320, 1280])('widen no dialog at %i pixels, whose cross can be pressed', async (width) => {
    const viewport = { width, height: 800 }
    const wide: string[] = []
    const open = async (page: Page, name: string) => {
      await page.getByRole('button', { name }).first().click()
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      if (await isTooWide(page)) wide.push(name)
      await dialog.getByRole('button', { name: 'Close' }).click()
      await dialog.waitFor({ state: 'detached' })
    }
    const page = await stage.visit({ org: orgs.standard }, { name: endless('N') }, { viewport })
    for (const name of ['Edit', 'Replace key', 'Try it', 'Put back', 'Disable', 'Remove key', 'Add provider key'])
      await open(page, name)
    const operator = await stage.operator({ viewport })
    for (const name of ['Edit', 'Credits']) await open(operator, name)
    expect(wide).toEqual([])
  })
})
