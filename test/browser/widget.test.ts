import { get } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowOrigins, type HostPage, openHostPage } from './host-page.ts'
import { openStage, textOf } from './stage.ts'

const profile = 'agent-builder'
const stage = openStage(profile)
const working = 'AIzaSyA-sandbox-ok-000000000000000001234'
const next = 'AIzaSyA-sandbox-ok-000000000000000009876'

let host: HostPage
beforeAll(async () => {
  host = await openHostPage(stage.server())
  await allowOrigins(stage.server(), profile, [host.origin])
})
afterAll(() => host?.close())

async function open(org: string, role = 'owner', options = {}): Promise<Page> {
  await stage.server().putOrg(org, { plan: 'hosted' })
  host.signIn({ org, user: { id: 'u_ada', name: 'Ada', role } })
  const page = await stage.blank(options)
  await page.goto(host.origin)
  await page.getByTestId('at-a-glance').waitFor()
  return page
}

/** What the widget told the page so far. */
const said = (page: Page) => page.locator('#events li').allInnerTexts()

/** Inside the element, where the page's own selectors do not reach. */
const inElement = (page: Page, expression: string) =>
  page.evaluate(`((element) => ${expression})(document.querySelector('#settings'))`)

describe('the widget on a page of another origin', () => {
  it('adds a key, tests it, replaces it and removes it, and tells the page each time', async () => {
    const page = await open('w1')
    await page.getByRole('button', { name: 'Add key: Google Gemini' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'API key' }).fill(working)
    await dialog.getByRole('button', { name: 'Test connection' }).click()
    await dialog.locator('[data-check=authenticated][data-ok=true]').waitFor()
    await dialog.getByRole('button', { name: 'Save' }).click()
    const card = page.getByTestId('key-card')
    await card.getByText('1234').waitFor()
    await card.getByRole('button', { name: 'Test key' }).click()
    await card.locator('[data-testid=test-report] [data-status=valid]').waitFor()
    await card.getByRole('button', { name: 'Replace key' }).click()
    await dialog.getByRole('textbox', { name: 'API key' }).fill(next)
    await dialog.getByRole('button', { name: 'Save' }).click()
    // The dialog names the key too while it closes.
    await card.locator('header code', { hasText: '9876' }).waitFor()
    await card.getByRole('button', { name: 'Remove key' }).click()
    await dialog.getByRole('button', { name: 'Remove key' }).click()
    await card.waitFor({ state: 'detached' })
    expect(await said(page)).toEqual([
      'ownkey-change {"action":"save","provider":"gemini"}',
      'ownkey-change {"action":"save","provider":"gemini"}',
      'ownkey-change {"action":"remove","provider":"gemini"}',
    ])
    const everything = String(await inElement(page, 'element.shadowRoot.innerHTML + document.body.innerHTML'))
    for (const key of [working, next]) expect(everything).not.toContain(key)
  })

  it('is for reading only where the member may not manage, and says who may', async () => {
    const page = await open('w2', 'member')
    await expect
      .poll(() => textOf(page, '[data-testid=read-only]'))
      .toMatch(/You can look, but not change.*owners, admins/)
    expect(await page.getByRole('button', { name: /Add key/ }).count()).toBe(0)
  })

  it('FA10 shows the plan’s limits alone, where the product uses them up', async () => {
    const page = await open('w3')
    const limits = page.locator('#limits')
    await limits.locator('[data-meter=image_recognition]').waitFor()
    const texts = await limits.locator('[data-meter]').allInnerTexts()
    expect(texts.join(' ')).toMatch(/0 of 100[\s\S]*0 of 60/)
    await page.evaluate(`document.querySelector('#limits').setAttribute('meters', 'media_transcription')`)
    await limits.locator('[data-meter=image_recognition]').waitFor({ state: 'detached' })
    await expect.poll(() => limits.locator('[data-meter]').count()).toBe(1)
    await page.evaluate(`document.querySelector('#limits').removeAttribute('meters')`)
    await limits.getByRole('heading', { name: 'Usage' }).waitFor()
  })

  it('FA1 changes its language in place', async () => {
    const page = await open('w4')
    await page.getByLabel('Language').selectOption('de')
    await page.getByRole('heading', { name: 'KI-Einstellungen' }).waitFor()
    await page.getByLabel('Language').selectOption('zh')
    await page.getByRole('heading', { name: 'AI 设置' }).waitFor()
    await expect.poll(() => inElement(page, 'element.shadowRoot.querySelector("[lang]").lang')).toBe('zh')
  })

  it('is dark when the page or its theme is, in the product’s own colours', async () => {
    const page = await open('w5', 'owner', { colorScheme: 'dark' })
    const ink = () => inElement(page, 'getComputedStyle(element).color')
    const dark = await ink()
    await page.getByLabel('Theme').selectOption('light')
    expect(await ink()).not.toBe(dark)
    const button = 'getComputedStyle(element.shadowRoot.querySelector("[part~=primary-button]"))'
    await expect.poll(() => inElement(page, `${button}.backgroundColor`)).toBe('rgb(15, 118, 110)')
    await expect.poll(() => inElement(page, `${button}.borderRadius`)).toBe('4px')
  })

  it.each([
    ['light', 'dark', 'light'],
    ['normal', 'dark', 'light'],
    ['dark', 'light', 'dark'],
    ['light dark', 'dark', 'dark'],
  ] as const)('on a page of the color-scheme %s, where the system is %s, is %s', async (page, colorScheme, look) => {
    const host = await open('w13', 'owner', { colorScheme })
    await host.evaluate(`document.documentElement.style.colorScheme = '${page}'`)
    const inks = { light: 'rgb(23, 24, 28)', dark: 'rgb(238, 240, 244)' }
    await expect
      .poll(() => inElement(host, `getComputedStyle(element.shadowRoot.querySelector('h1')).color`))
      .toBe(inks[look])
  })

  it('stands as its own width allows, in a narrow column of a wide page and beside others in a row', async () => {
    await stage.server().putOrg('w14', { plan: 'hosted' })
    await stage.server().putKey('w14', 'gemini', working)
    const page = await open('w14')
    await page.getByTestId('key-card').waitFor()
    const columns = () =>
      inElement(
        page,
        `['[data-testid=key-card] dl', '[data-testid=flow] .card'].map((one) => getComputedStyle(element.shadowRoot.querySelector(one)).gridTemplateColumns.split(' ').length)`,
      )
    expect(await columns()).toEqual([3, 5])
    await page.evaluate(`document.querySelector('#settings').style.width = '360px'`)
    await expect.poll(columns).toEqual([2, 1])
    await page.evaluate(`{
      const { style, parentElement } = document.querySelector('#settings')
      style.width = ''
      parentElement.style.display = 'flex'
      parentElement.replaceChildren(document.querySelector('#settings'))
    }`)
    await expect.poll(columns).toEqual([3, 5])
  })

  it('looks the same on a page whose styles are for every element', async () => {
    const page = await open('w11')
    const look = () =>
      inElement(
        page,
        `(({ color, fontSize, fontFamily, textAlign, textTransform, letterSpacing }) => ({ color, fontSize, fontFamily, textAlign, textTransform, letterSpacing }))(getComputedStyle(element.shadowRoot.querySelector('h2')))`,
      )
    const before = await look()
    await page.evaluate(`{
      const sheet = new CSSStyleSheet()
      sheet.replaceSync('* { color: red !important; font: 40px fantasy !important; text-align: center !important; text-transform: uppercase; letter-spacing: 9px }')
      document.adoptedStyleSheets = [sheet]
    }`)
    await expect.poll(() => look()).toEqual(before)
  })

  it('asks once for what several of its parts show', async () => {
    const page = await stage.blank()
    const settings: string[] = []
    page.on('request', (request) => {
      if (/\/settings(\?|$)/.test(request.url()) && request.method() === 'GET') settings.push(request.url())
    })
    await stage.server().putOrg('w12', { plan: 'hosted' })
    host.signIn({ org: 'w12', user: { id: 'u_ada', role: 'owner' } })
    await page.goto(host.origin)
    await page.getByTestId('at-a-glance').waitFor()
    await page.waitForLoadState('networkidle')
    expect(settings).toHaveLength(await page.locator('ownkey-settings, ownkey-usage').count())
  })

  it('asks the page for another token when its own is refused, and goes on', async () => {
    const page = await open('w6')
    const before = host.sessions()
    const { body } = await stage.server().api('GET', '/sessions?org=w6')
    for (const { id } of body.items) await stage.server().api('DELETE', `/sessions/${id}`)
    await page.getByRole('button', { name: 'Why? Chat', exact: true }).click()
    await page.getByTestId('chain').waitFor()
    expect(host.sessions()).toBe(before + 1)
    expect(await said(page)).toEqual([])
  })

  it('keeps what is typed while the session cannot be renewed, says so, and saves it once it can', async () => {
    const page = await open('w20')
    await page.getByRole('button', { name: 'Add key: Google Gemini' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'API key' }).fill(working)
    const { body } = await stage.server().api('GET', '/sessions?org=w20')
    for (const { id } of body.items) await stage.server().api('DELETE', `/sessions/${id}`)
    host.signIn(undefined)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').getByText('The session has ended').waitFor()
    expect(await dialog.getByRole('textbox', { name: 'API key' }).inputValue()).toBe(working)
    expect(await said(page)).toContain('ownkey-token-expired {}')
    host.signIn({ org: 'w20', user: { id: 'u_ada', name: 'Ada', role: 'owner' } })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-card').getByText('1234').waitFor()
  })

  it('tells the page when no token is to be had', async () => {
    const page = await open('w7')
    await page.evaluate(`document.querySelector('#settings').getToken = () => 'oks_${'0'.repeat(43)}'`)
    await expect.poll(() => said(page)).toContain('ownkey-token-expired {}')
    await page.getByRole('alert').first().waitFor()
  })

  it('shows what the server refuses, and tells the page', async () => {
    const page = await open('w8')
    await page.getByRole('button', { name: 'Add key: Google Gemini' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill('AIzaSyA-sandbox-invalid-0000000000000001234')
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-form').getByRole('alert').waitFor()
    expect((await said(page)).join()).toMatch(/ownkey-error \{"status":422,"code":"key_rejected"/)
  })

  it('gives its signs the colours and distances that they have in the console', async () => {
    await stage.server().putOrg('w_signs', { plan: 'hosted' })
    await stage.server().putKey('w_signs', 'gemini', working, { rotateBy: '2020-02-02' })
    const page = await open('w_signs')
    await page.locator('[data-notice]').waitFor()
    const looks = await inElement(
      page,
      `['svg', 'p'].map((one) => getComputedStyle(element.shadowRoot.querySelector('[data-notice] ' + one)).color)`,
    )
    expect(looks).toEqual([expect.stringMatching(/^rgb/), (looks as string[])[0]])
    expect(
      await inElement(page, `getComputedStyle(element.shadowRoot.querySelector('[data-notice] svg')).marginTop`),
    ).not.toBe('0px')
  })

  it('has a rule for each class that its views name, whatever the build calls it', async () => {
    const page = await open('w11')
    await page.getByRole('button', { name: 'Add key: Google Gemini' }).click()
    const without = await inElement(
      page,
      `{
        const root = element.shadowRoot
        const styles = root.adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText).join()
        const classes = [...root.querySelectorAll('[class]')].flatMap(({ classList }) => [...classList])
        return [...new Set(classes)].filter((name) => name !== 'group' && !styles.includes('.' + CSS.escape(name)))
      }`,
    )
    expect(without).toEqual([])
  })

  it('is one request, in English', async () => {
    const page = await stage.blank()
    const fromOwnkey: string[] = []
    page.on('request', (request) => {
      if (request.url().startsWith(stage.server().url)) fromOwnkey.push(new URL(request.url()).pathname)
    })
    await stage.server().putOrg('w9', { plan: 'hosted' })
    host.signIn({ org: 'w9', user: { id: 'u_ada', role: 'owner' } })
    await page.goto(host.origin)
    await page.getByTestId('at-a-glance').waitFor()
    expect(fromOwnkey.filter((path) => !path.startsWith('/api/'))).toEqual(['/widget.js'])
  })

  it('is 2 kB below the 40 kB that it may have, as the server sends it and as a proxy would pack it', async () => {
    const sent = await new Promise<Buffer>((resolve, reject) => {
      const headers = { 'accept-encoding': 'gzip' }
      get(`${stage.server().url}/widget.js`, { headers }, (answer) => {
        expect(answer.headers['content-encoding']).toBe('gzip')
        buffer(answer).then(resolve, reject)
      }).on('error', reject)
    })
    expect(sent.length).toBeLessThanOrEqual(38_000)
    expect(gzipSync(gunzipSync(sent), { level: 6 }).length).toBeLessThanOrEqual(38_000)
  })

  it('shows nothing on a page whose origin the configuration does not name', async () => {
    await allowOrigins(stage.server(), profile, ['https://elsewhere.test'])
    try {
      await stage.server().putOrg('w10', { plan: 'hosted' })
      host.signIn({ org: 'w10', user: { id: 'u_ada', role: 'owner' } })
      const page = await stage.blank({}, /CORS policy/)
      await page.goto(host.origin)
      await expect.poll(() => page.getByRole('alert').first().innerText()).toContain('The server cannot be reached.')
      expect(await page.getByTestId('at-a-glance').count()).toBe(0)
    } finally {
      await allowOrigins(stage.server(), profile, [host.origin])
    }
  })
})
