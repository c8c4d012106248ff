import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { profileConfig } from '../support/profile.ts'
import { startOwnkey } from '../support/running-server.ts'
import { bytes, json, startUpstream, type Upstream } from '../support/upstream.ts'
import { openHostPage } from './host-page.ts'
import { go } from './pages.ts'
import { openStage } from './stage.ts'

const profile = 'support-inbox'

/** Breaks out of text, attributes, script, style, templates and Markdown; whichever works sets `owned`. */
const payload = `"'><img src=x onerror="window.owned=1"><svg/onload=window.owned=2></script><script>window.owned=3</script>{{constructor.constructor('window.owned=4')()}}[x](javascript:window.owned=5)`
const short = `<img src=x onerror=window.owned=6>`

let upstream: Upstream
const stage = openStage(profile, async () => {
  upstream = await startUpstream()
  upstream.on(/./, json({ error: { code: 403, status: 'PERMISSION_DENIED', message: payload } }, { status: 403 }))
  return startOwnkey({ config: hostileConfig(upstream.origin), env: { GEMINI_API_KEY: ownKey('0') } })
})

/** Texts of the configuration are the operator's own; they must do no harm all the same. */
function hostileConfig(origin: string, origins: readonly string[] = []): string {
  return profileConfig(profile, origin, {
    'platform.origins': [...origins],
    'platform.name': short,
    'platform.support': `javascript:window.owned=7//${short}`,
    'features.chatbot.title': short,
    'features.chatbot.description': short,
    'providers.gemini.title': short,
    'providers.gemini.models.hints': { 'gemini-2.5-flash': short },
    'plans.standard.verify': 'format_only',
  })
}

function ownKey(last: string): string {
  return `AIzaSyA${last.repeat(32)}`
}

let hostile: { origin: string; show(html: string): void; server: Server }
beforeAll(async () => {
  let page = ''
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(page),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  hostile = {
    origin,
    server,
    show(html) {
      page = `<!doctype html>${html}`
    },
  }
})
afterAll(async () => {
  hostile.server.closeAllConnections()
  hostile.server.close()
  await upstream.close()
})

/** Somebody who is signed in to the console and has opened a hostile page in another tab. */
async function lure(org: string, html: string): Promise<{ console: Page; page: Page }> {
  const console = await stage.visit({ org })
  hostile.show(html)
  const page = await console.context().newPage()
  await page.goto(hostile.origin)
  return { console, page }
}

describe('a hostile page in the browser of somebody who is signed in', () => {
  it('cannot forge a request: there is no cookie that it could ride on', async () => {
    await stage.server().putOrg('csrf')
    await stage.server().putKey('csrf', 'gemini', ownKey('1'))
    const api = `${stage.server().url}/api/v1/orgs/csrf`
    const { page } = await lure(
      'csrf',
      `<form id=f method=post enctype=text/plain action="${api}/keys/gemini/disable"><input name='{"a' value='":1}'></form>
       <iframe name=sink></iframe><img src="${api}/settings">`,
    )
    expect(await page.context().cookies()).toEqual([])
    // With credentials a browser blocks what is open to all origins, too: only without them it is seen who is let in.
    for (const credentials of ['include', 'omit']) {
      const answers = await page.evaluate(`Promise.all([
        ['DELETE', '/keys/gemini'], ['POST', '/keys/gemini/disable'], ['PUT', '/keys/gemini'], ['GET', '/settings'],
      ].map(([method, path]) => fetch('${api}' + path, { method, credentials: '${credentials}', mode: 'cors' }).then(
        (answer) => answer.status, () => 'blocked')))`)
      expect([credentials, answers]).toEqual([credentials, ['blocked', 'blocked', 'blocked', 'blocked']])
    }
    await page.evaluate(`{ const f = document.querySelector('#f'); f.target = 'sink'; f.submit() }`)
    await page.waitForLoadState('networkidle')
    const { body } = await stage.server().api('GET', '/orgs/csrf/settings')
    const gemini = body.providers.find(({ id }: { id: string }) => id === 'gemini')
    expect(gemini.keys).toMatchObject([{ state: 'active', last4: '1111' }])
  })

  it('cannot put the console into a frame, unless the configuration names its origin', async () => {
    const frame = `<iframe id=f src="${stage.server().url}/en/settings"></iframe>`
    const { page } = await lure('framed', frame)
    const shown = async (tab: Page) => {
      const inner = await tab.locator('#f').contentFrame().locator('body').innerText()
      return inner.includes('You are not signed in')
    }
    await page.waitForLoadState('networkidle')
    expect(await shown(page)).toBe(false)
    await allowOriginsHere([hostile.origin])
    await page.reload()
    await page.locator('#f').contentFrame().getByTestId('signed-out').waitFor()
    for (const origins of [['https://app.acme.test', 'https://other.acme.test'], []]) {
      await allowOriginsHere(origins)
      await page.reload()
      await page.waitForLoadState('networkidle')
      expect([origins, await shown(page)]).toEqual([origins, false])
    }
  })

  it('cannot run what a provider answers on the console’s origin', async () => {
    await stage.server().putOrg('documents')
    await stage.server().putKey('documents', 'gemini', ownKey('4'))
    const token = await stage.server().token({ org: 'documents', feature: 'chatbot' })
    for (const type of ['text/html', 'image/svg+xml', '']) {
      const script = '<script xmlns="http://www.w3.org/1999/xhtml">document.title = "owned"; window.owned = 8</script>'
      const text =
        type === 'image/svg+xml' ? `<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>` : `<html>${script}`
      const undo = upstream.on(
        '/v1beta/page',
        bytes(Buffer.from(text), { headers: type === '' ? {} : { 'content-type': type } }),
      )
      const page = await stage.blank({}, /^Blocked script execution in .* is sandboxed/)
      const answer = await page.goto(`${stage.server().url}/gemini/v1beta/page?key=${token}`)
      expect([type, answer?.status(), await answer?.text()]).toEqual([type, 200, text])
      expect(await page.title()).not.toBe('owned')
      await page.close()
      undo()
    }
  })

  it('cannot reach the console by a message, nor by the window that it opened', async () => {
    await stage.server().putOrg('messages')
    await stage.server().putKey('messages', 'gemini', ownKey('2'))
    const { console, page } = await lure('messages', '<p>Hello</p>')
    const opened = page.context().waitForEvent('page')
    await page.evaluate(`window.child = window.open('${console.url()}')`)
    await (await opened).locator('main').waitFor()
    // The policy has cut the two windows from each other, so there is nothing to send a message to.
    expect(await page.evaluate('window.child.closed')).toBe(true)
    await console.evaluate(`{
      for (const data of ['getToken', { type: 'token' }, { type: 'ownkey-change' }, { source: 'react-devtools-bridge' }])
        window.dispatchEvent(new MessageEvent('message', { data, origin: '${hostile.origin}', source: null }))
    }`)
    await expect.poll(() => console.getByTestId('key-card').count()).toBe(1)
    const token = await console.evaluate(`JSON.parse(sessionStorage.getItem('ownkey.session')).token`)
    expect(String(await page.content())).not.toContain(String(token))
  })
})

async function allowOriginsHere(origins: readonly string[]): Promise<void> {
  expect(await stage.server().reload(hostileConfig(upstream.origin, origins))).toBe(true)
}

describe('hostile texts', () => {
  const places = ['settings', 'usage', 'requests', 'audit']
  const operatorPlaces = ['', '/health', '/platform-keys', '/live', '/audit', '/webhooks', '/sessions', '/config']

  async function prepare() {
    const server = stage.server()
    const fields = { label: short, owner: short, model: 'gemini-2.5-flash' }
    await server.putOrg('xss', { name: payload.slice(0, 200) })
    await server.putKey('xss', 'gemini', ownKey('3'), fields)
    await server.api('POST', '/orgs/xss/keys/gemini/test', {})
    await server.api('POST', '/orgs/xss/try-out', { feature: 'chatbot', prompt: short })
    await server.api('POST', '/orgs/xss/credits', { amount: 5, reason: short, idempotencyKey: short })
  }

  /** Nothing ran, and nothing that a payload holds became an element. */
  async function expectHarmless(page: Page) {
    expect(await page.evaluate('window.owned')).toBeUndefined()
    const made = `[...document.querySelectorAll('*'), ...[...document.querySelectorAll('ownkey-settings')].flatMap((host) => [...host.shadowRoot.querySelectorAll('*')])]
      .filter((e) => e.hasAttribute('onerror') || e.hasAttribute('onload') || /^\\s*javascript:/i.test(e.getAttribute('href') ?? e.getAttribute('src') ?? '')).map((e) => e.outerHTML)`
    expect(await page.evaluate(made)).toEqual([])
  }

  async function walk(page: Page, paths: readonly string[]) {
    for (const path of paths) {
      await go(page, path)
      await expectHarmless(page)
    }
  }

  it('stay text on every page of the customer’s', async () => {
    await prepare()
    const page = await stage.visit({ org: 'xss' }, { name: payload.slice(0, 200) })
    await expect.poll(() => page.getByTestId('key-card').innerText()).toContain(short)
    await page
      .getByRole('button', { name: /^Try it/ })
      .first()
      .click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByTestId('try-out-answer').waitFor()
    await expectHarmless(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Test key' }).click()
    await page.locator('[data-check]').first().waitFor()
    await walk(
      page,
      places.map((place) => `/en/${place}`),
    )
  })

  it('stay text on every page of the operator’s', async () => {
    await prepare()
    const page = await stage.operator()
    await walk(
      page,
      operatorPlaces.map((place) => `/en/operator${place}`),
    )
    await walk(
      page,
      places.map((place) => `/en/operator/orgs/xss/${place}`),
    )
  })

  it('stay text in the widget', async () => {
    await prepare()
    const host = await openHostPage(stage.server())
    try {
      await allowOriginsHere([host.origin])
      host.signIn({ org: 'xss', user: { id: 'u_x', name: short, role: 'owner' } })
      const page = await stage.blank()
      await page.goto(host.origin)
      await page.getByTestId('key-card').waitFor()
      await expectHarmless(page)
    } finally {
      await allowOriginsHere([])
      await host.close()
    }
  })
})
