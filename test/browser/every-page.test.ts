import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { go, memberPages, operatorPages } from './pages.ts'
import { openStage, textOf } from './stage.ts'

const stage = openStage('support-inbox')
const key = 'AIzaSyA-sandbox-quota-0000000000000001234'

const isTooWide = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth') as Promise<boolean>

async function prepare() {
  const server = stage.server()
  await server.api('PUT', '/orgs/acme', { name: 'Acme Support', plan: 'standard', addOns: ['re_engagement'] })
  await server.api('PUT', '/orgs/acme/keys/gemini', { key, owner: 'Team with a rather long name', label: 'A label' })
  await server.api('POST', '/orgs/acme/keys/gemini/test', {})
  await server.api('POST', '/orgs/acme/try-out', { feature: 'chatbot' })
}

describe('every page', () => {
  it.each(['en', 'de', 'hi'])(
    'fits 320 px without scrolling sideways in %s',
    async (locale) => {
      await prepare()
      const options = { viewport: { width: 320, height: 640 } }
      const page = await stage.visit({ org: 'acme', locale }, { name: 'Acme Support' }, options)
      const wide: string[] = []
      for (const path of memberPages) {
        await go(page, `/${locale}/${path}`)
        if (await isTooWide(page)) wide.push(path)
      }
      const operator = await stage.operator(options)
      for (const path of operatorPages) {
        await go(operator, `/${locale}/${path}`)
        if (await isTooWide(operator)) wide.push(path)
      }
      expect(wide).toEqual([])
    },
    120_000,
  )

  it('mirrors itself for languages that run from right to left, and still fits', async () => {
    await prepare()
    const page = await stage.visit({ org: 'acme' }, {}, { viewport: { width: 360, height: 640 } })
    await page.evaluate(`document.documentElement.dir = 'rtl'`)
    expect(await isTooWide(page)).toBe(false)
  })

  it('says that the server cannot be reached, and goes on when it can', async () => {
    const page = await stage.visit({ org: 'offline' })
    await page.context().setOffline(true)
    await page.getByRole('link', { name: 'Audit log' }).click()
    await page.getByRole('alert').waitFor()
    await expect.poll(() => textOf(page, '[role=alert]')).toMatch(/cannot be reached.*Check your connection/)
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('main ol li').first().waitFor()
  })

  it('shows hostile names as text', async () => {
    const name = `<img src=x onerror="document.title='owned'"> & {{aiName}}`
    const page = await stage.visit({ org: 'hostile' }, { name })
    await expect.poll(() => textOf(page, 'main header')).toContain(name)
    expect(await page.title()).not.toContain('owned')
  })

  it('loads at most 200 kB of compressed script for the settings', async () => {
    const page = await stage.visit({ org: 'weight' })
    const scripts = (await page.evaluate(
      `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /\\.js$/.test(name))`,
    )) as string[]
    const bodies = await Promise.all(
      scripts.map(async (script) => Buffer.from(await (await fetch(script)).arrayBuffer())),
    )
    const bytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0)
    expect(scripts.length).toBeGreaterThan(1)
    expect(bytes).toBeLessThan(200_000)
  })

  it('says of every moment in which time zone it is, and of days whose days they are', async () => {
    await prepare()
    // A place where it is another day now than in UTC.
    const [timezoneId, zone] =
      new Date().getUTCHours() < 11 ? ['Pacific/Pago_Pago', 'GMT-11'] : ['Pacific/Kiritimati', 'GMT+14']
    const page = await stage.visit({ org: 'acme' }, {}, { timezoneId })
    const today = new Date().toLocaleDateString('en', { dateStyle: 'medium', timeZone: timezoneId })
    await page.getByTestId('key-card').getByText(`${today} by operator`).waitFor()
    await go(page, '/en/audit')
    await expect.poll(() => textOf(page, 'main ol li time')).toContain(zone)
    await go(page, '/en/requests')
    await expect.poll(() => textOf(page, 'main tbody time')).toContain(zone)
    await go(page, '/en/usage')
    await page.getByText('Days are counted in UTC.').waitFor()
  })

  it('shows in forced colors whether a switch is on', async () => {
    await prepare()
    const page = await stage.visit({ org: 'acme' }, {}, { forcedColors: 'active' })
    const colors = () =>
      page.evaluate(
        `[null, '::before'].map((part) => getComputedStyle(document.querySelector('[role=switch]'), part).backgroundColor)`,
      ) as Promise<[string, string]>
    const [on, knob] = await colors()
    expect(knob).not.toBe(on)
    await page.getByRole('switch').click()
    await page.getByText('ConnectGain AI is never used for it.').waitFor()
    const [off, knobOff] = await colors()
    expect(off).not.toBe(on)
    expect(knobOff).not.toBe(off)
  })

  it('shows what a test found where its button was pressed, on a small screen too', async () => {
    const page = await stage.visit({ org: 'small' }, {}, { viewport: { width: 360, height: 640 } })
    await page.getByText('My Google Gemini key (BYOK)').click()
    await page.getByRole('textbox', { name: 'API key' }).fill(key)
    await page.getByRole('button', { name: 'Test connection' }).click()
    const badge = page.locator('[data-testid=test-report] [data-status=quota]')
    await badge.waitFor()
    const box = await badge.boundingBox()
    expect(box?.y).toBeGreaterThanOrEqual(0)
    expect(box?.y).toBeLessThan(640)
    // What it comes to before what was tried, and what can be done next in sight, too.
    await expect
      .poll(() => textOf(page, '[data-testid=test-report]'))
      .toMatch(/^Quota used up The account of this key has no credit left\. Add credit .* Looks like a key/)
    const save = await page.getByRole('button', { name: 'Save' }).boundingBox()
    expect((save?.y ?? 0) + (save?.height ?? 0)).toBeLessThanOrEqual(640)
  })

  it('keeps to the chosen theme', async () => {
    const page = await stage.visit({ org: 'themes' }, {}, { colorScheme: 'light' })
    const background = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const light = await background()
    await page.getByLabel('Theme').selectOption('dark')
    expect(await background()).not.toBe(light)
    await page.reload()
    await page.getByTestId('at-a-glance').waitFor()
    expect(await background()).not.toBe(light)
  })

  it('can be used with the keyboard alone, from the skip link to a dialog and back', async () => {
    await prepare()
    const page = await stage.visit({ org: 'acme' })
    await page.keyboard.press('Tab')
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Skip to content')
    const remove = page.getByRole('button', { name: 'Remove key' })
    await remove.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Remove key')
  })

  it('keeps the focus where the reader was: in a test, in a dialog, and after what was there is gone', async () => {
    await prepare()
    const page = await stage.visit({ org: 'acme' })
    const focused = () => page.evaluate('document.activeElement.textContent') as Promise<string>
    const card = page.getByTestId('key-card')
    await card.getByRole('button', { name: 'Test key' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('[data-testid=test-report] [data-status]').waitFor()
    await expect.poll(() => focused()).toBe('Test key')
    await card.getByRole('button', { name: 'Replace key' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('provider-secret')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await card.getByRole('button', { name: 'Remove key' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await expect.poll(() => focused()).toBe('Cancel')
    await page.getByRole('dialog').getByRole('button', { name: 'Remove key' }).click()
    await card.waitFor({ state: 'detached' })
    await expect.poll(() => page.evaluate('document.activeElement.dataset.testid')).toBe('provider-choice')
  })
})

describe('signing in', () => {
  it('works once with a link, and takes its code out of the address', async () => {
    await stage.server().api('PUT', '/orgs/links', { name: 'Links', plan: 'standard' })
    const { body } = await stage.server().api('POST', '/sessions', { org: 'links', user: { id: 'u_1', role: 'owner' } })
    const page = await stage.blank()
    await page.goto(body.url)
    await page.getByTestId('at-a-glance').waitFor()
    expect(page.url()).not.toContain('code')
    const second = await stage.blank()
    await second.goto(body.url)
    await second.locator('[data-reason=used]').waitFor()
    await expect.poll(() => textOf(second, 'main')).toMatch(/no longer works.*get a new one/)
  })

  it('is asked for when nobody is signed in', async () => {
    const page = await stage.blank()
    await page.goto(`${stage.server().url}/de/settings`)
    await page.locator('[data-reason=none]').waitFor()
    await expect.poll(() => textOf(page, 'h1')).toBe('Sie sind nicht angemeldet')
  })

  it('ends for good', async () => {
    const page = await stage.visit({ org: 'leaving' })
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('[data-reason=left]').waitFor()
    await page.reload()
    await page.locator('[data-testid=signed-out]').waitFor()
  })
})

describe('the operator', () => {
  it('creates an organization, gives credits and opens its page', async () => {
    const page = await stage.operator()
    await page.getByRole('button', { name: 'New organization' }).first().click()
    await page.getByLabel('Id', { exact: true }).fill('made_here')
    await page.getByLabel('Name', { exact: true }).fill('Made here')
    await page.getByRole('button', { name: 'Save' }).click()
    const row = page.locator('[data-org=made_here]')
    await row.waitFor()
    await row.getByRole('button', { name: 'Credits: Made here' }).click()
    await page.getByLabel('Credits to add or take back').fill('-20')
    await page.getByRole('button', { name: 'Take credits back' }).waitFor()
    await page.getByLabel('Credits to add or take back').fill('250')
    await page.getByText('New balance: 250').waitFor()
    await page.getByLabel('Reason').fill('Welcome')
    await page.getByRole('button', { name: 'Add credits' }).click()
    await row.getByText('250 credits').waitFor()
    await row.getByRole('link', { name: 'Open: Made here' }).click()
    await page.getByTestId('at-a-glance').waitFor()
    await expect.poll(() => textOf(page, 'main')).toContain('You are looking at Made here')
  })

  it('does not change a customer by creating another one with the same id', async () => {
    await stage.server().putOrg('taken', { name: 'Long here' })
    const page = await stage.operator()
    await page.getByRole('button', { name: 'New organization' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Id', { exact: true }).fill('taken')
    await dialog.getByLabel('Name', { exact: true }).fill('Newcomer')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Another organization has this id.').waitFor()
    expect((await stage.server().api('GET', '/orgs/taken')).body.name).toBe('Long here')
    await dialog.getByLabel('Id', { exact: true }).fill('taken_not')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.locator('[data-org=taken_not]').waitFor()
  })

  it('gets to the list by an address that is none', async () => {
    const page = await stage.operator()
    await page.evaluate(`history.pushState(null, '', '/en/operator/orgs/%E0%A4%A/settings')`)
    await page.getByRole('heading', { level: 1, name: 'Organizations' }).waitFor()
    await expect.poll(() => new URL(page.url()).pathname).toBe('/en/operator')
  })

  it('gets from an empty server to a request that works as pasted', async () => {
    await prepare()
    const page = await stage.operator()
    await page.getByTestId('first-steps').getByRole('button', { name: 'Create a token for one day' }).click()
    await page.getByText('Shown this once.').waitFor()
    const command = await page.getByTestId('first-steps').locator('pre').innerText()
    expect(command).toMatch(/^curl http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions[\s\S]*okt_\w{10}/)
  })
})
