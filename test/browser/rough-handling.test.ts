import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { type Signal, signal } from '../support/upstream-journal.ts'
import { go } from './pages.ts'
import { openStage } from './stage.ts'

const stage = openStage('agent-builder')
const good = (end: string) => `sk-proj-sandbox-ok-00000000000000000000000000000000${end}`
const plan = { plan: 'hosted' }

describe('a double click', () => {
  it('makes one token, and the request is there to be copied', async () => {
    await stage.server().putOrg('clicks', plan)
    const page = await stage.operator({ permissions: ['clipboard-read', 'clipboard-write'] })
    const steps = page.getByTestId('first-steps')
    const before = (await stage.server().api('GET', '/tokens')).body.items.length
    await steps.getByRole('button', { name: 'Create a token for one day' }).dblclick()
    await steps.getByRole('button', { name: 'Copy The request' }).click()
    await steps.getByText('Copied').waitFor()
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toMatch(/^curl [\s\S]*Bearer okt_\w{20,}/)
    expect((await stage.server().api('GET', '/tokens')).body.items).toHaveLength(before + 1)
  })

  it('sends one request', async () => {
    await stage.server().putOrg('tries', plan)
    await stage.server().putKey('tries', 'openai', good('1111'))
    const page = await stage.visit({ org: 'tries' }, plan)
    await page.getByTestId('key-card').getByRole('button', { name: 'Try it' }).click()
    let sent = 0
    // Held until both clicks have been: the first must still be under way when the second comes.
    const clicked = signal()
    await page.route('**/try-out', async (route) => {
      sent++
      await clicked.raised
      await route.continue()
    })
    await page.getByRole('dialog').getByRole('button', { name: 'Send' }).dblclick()
    clicked.raise()
    await page.getByTestId('try-out-answer').waitFor()
    expect(sent).toBe(1)
  })
})

/** What is asked about the key is held until the signal, and then fails. */
async function failOnceRaised(page: Page): Promise<Signal> {
  const pressed = signal()
  await page.route('**/keys/openai*', async (route) => {
    await pressed.raised
    await route.fulfill({ status: 500, body: '' })
  })
  return pressed
}

describe('a dialog', () => {
  it('stays until what it does is done, however often Escape is pressed, and tells when that failed', async () => {
    await stage.server().putOrg('escapes', plan)
    await stage.server().putKey('escapes', 'openai', good('2222'))
    const page = await stage.visit({ org: 'escapes' }, plan)
    const pressed = await failOnceRaised(page)
    await page.getByRole('button', { name: 'Remove key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Remove key' }).click()
    await dialog.locator('.spinner').waitFor()
    for (let times = 0; times < 3; times++) await page.keyboard.press('Escape')
    pressed.raise()
    await expect.poll(() => dialog.getByRole('alert').innerText()).toContain('Something went wrong in the server.')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  it('stays while its form is saved, and tells when that failed', async () => {
    await stage.server().putOrg('saving', plan)
    const page = await stage.visit({ org: 'saving' }, plan)
    const pressed = await failOnceRaised(page)
    await page.getByRole('button', { name: 'Add key: OpenAI', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'API key' }).fill(good('5555'))
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.locator('.spinner').waitFor()
    for (let times = 0; times < 3; times++) await page.keyboard.press('Escape')
    await expect.poll(() => dialog.getByRole('button', { name: 'Close' }).isDisabled()).toBe(true)
    pressed.raise()
    await dialog.getByRole('alert').getByText('Something went wrong in the server.').waitFor()
    await expect.poll(() => dialog.getByRole('textbox', { name: 'API key' }).inputValue()).toBe(good('5555'))
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  it('about a key that was removed elsewhere shows what is there now', async () => {
    await stage.server().putOrg('tabs', plan)
    await stage.server().putKey('tabs', 'openai', good('3333'))
    const page = await stage.visit({ org: 'tabs' }, plan)
    await stage.server().api('DELETE', '/orgs/tabs/keys/openai')
    await page.getByTestId('key-card').getByRole('button', { name: 'Test key' }).click()
    await page.getByTestId('key-card').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Add key: OpenAI', exact: true }).waitFor()
  })
})

describe('an answer that does not come from Ownkey', () => {
  const open = async (org: string) => {
    await stage.server().putOrg(org, plan)
    const page = await stage.visit({ org }, plan)
    await page.getByRole('button', { name: 'Add key: OpenAI', exact: true }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill(good('6666'))
    return page
  }

  it('but from a proxy that is asked too often is told with the time to wait', async () => {
    const page = await open('proxy')
    const headers = { 'retry-after': '17', 'content-type': 'text/html' }
    await page.route('**/keys/openai*', (route) => route.fulfill({ status: 429, headers, body: '<h1>429</h1>' }))
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Too many requests at once.').waitFor()
    await page.getByText('Try again in 17 seconds.').waitFor()
  })

  it('because it was lost on the way claims nothing, and what was done all the same is shown', async () => {
    const page = await open('lost')
    await page.route('**/keys/openai*', async (route) => {
      await route.fetch()
      await route.abort()
    })
    await page.getByRole('button', { name: 'Save' }).click()
    const alert = page.getByRole('alert')
    await alert.getByText('The server cannot be reached.').waitFor()
    expect(await alert.innerText()).not.toContain('Nothing was changed')
    await page.getByTestId('key-card').waitFor()
  })

  it('and one to a test beside it say the same only once', async () => {
    const page = await open('once')
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByRole('button', { name: 'Test connection' }).click()
    await page.getByTestId('test-report').waitFor({ state: 'detached' })
    await page.getByRole('alert').waitFor()
    await expect.poll(() => page.getByRole('alert').count()).toBe(1)
  })
})

describe('a list', () => {
  it('stays when its next page cannot be fetched, and goes on when it can', async () => {
    await stage.server().putOrg('list', plan)
    await stage.server().putKey('list', 'openai', good('7777'))
    for (let times = 0; times < 60; times++)
      await stage.server().api('PATCH', '/orgs/list/keys/openai', { label: String(times) })
    const page = await stage.visit({ org: 'list' }, plan)
    await go(page, '/en/audit')
    const rows = page.locator('main ol li')
    const before = await rows.count()
    await page.route('**/audit?cursor*', (route) => route.fulfill({ status: 403, body: '' }))
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByRole('alert').waitFor()
    await expect.poll(() => rows.count()).toBe(before)
    await page.unroute('**/audit?cursor*')
    await page.getByRole('button', { name: 'Show more' }).click()
    await expect.poll(() => rows.count()).toBeGreaterThan(before)
  })
})

describe('the log of requests', () => {
  it('has nothing upon another on a small screen', async () => {
    await stage.server().putOrg('small', plan)
    await stage.server().putKey('small', 'openai', good('9999'))
    await stage.server().api('POST', '/orgs/small/try-out', { feature: 'chat' })
    const page = await stage.visit({ org: 'small' }, plan, { viewport: { width: 360, height: 740 } })
    await go(page, '/en/requests')
    const when = await page.locator('tbody time').first().boundingBox()
    const result = await page.locator('tbody td').nth(1).boundingBox()
    expect((when?.x ?? 0) + (when?.width ?? 0)).toBeLessThanOrEqual(result?.x ?? 0)
  })
})

describe('a host in the log of requests', () => {
  it.each([700, 320])('is broken between its parts alone, on a screen of %i pixels', async (width) => {
    await stage.server().putOrg('hosts', plan)
    await stage.server().putKey('hosts', 'gemini', 'AIzaSyA-sandbox-ok-00000000000000001234')
    await stage.server().api('POST', '/orgs/hosts/try-out', { feature: 'chat' })
    const page = await stage.visit({ org: 'hosts' }, plan, { viewport: { width, height: 740 } })
    await go(page, '/en/requests')
    const lines = await page.evaluate(`{
      const range = document.createRange()
      const host = [...document.querySelectorAll('tbody code')].find((code) => code.textContent.includes('googleapis'))
      const parts = [...host.childNodes].filter(({ nodeType, data }) => nodeType === 3 && data !== '.')
      parts.map((part) => (range.selectNode(part), range.getClientRects().length))
    }`)
    expect(lines).toEqual([1, 1, 1])
  })
})

describe('names without an end', () => {
  const name = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrik'.repeat(4).slice(0, 198)

  it.each([320, 1280])('widen no page of %i pixels', async (width) => {
    const org = `long_${width}`
    await stage.server().putOrg(org, { ...plan, name })
    await stage.server().putKey(org, 'openai', good('4444'), { label: name, owner: name })
    const viewport = { width, height: 800 }
    const wide = async (page: Awaited<ReturnType<typeof stage.operator>>, path: string) => {
      await go(page, path)
      return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
    }
    const member = await stage.visit({ org }, { ...plan, name }, { viewport })
    for (const path of ['/en/settings', '/en/usage', '/en/requests', '/en/audit'])
      expect([path, await wide(member, path)]).toEqual([path, false])
    const operator = await stage.operator({ viewport })
    for (const path of ['/en/operator', '/en/operator/health', '/en/operator/audit', '/en/operator/sessions'])
      expect([path, await wide(operator, path)]).toEqual([path, false])
  })
})
