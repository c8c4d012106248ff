import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { keepEvidence } from '../support/evidence.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import {
  launchBrowser,
  operatorSession,
  readProfile,
  sandboxPlatformKeys,
  signIn,
  type Visitor,
} from './real-browser.ts'

export interface Stage {
  server(): RunningOwnkey
  /** Creates the organization and opens its settings as the visitor. */
  visit(visitor: Visitor, org?: object, options?: BrowserContextOptions): Promise<Page>
  operator(options?: BrowserContextOptions): Promise<Page>
  /** A page of nobody's. @param expected complaints of the browser's that belong to the test */
  blank(options?: BrowserContextOptions, expected?: RegExp): Promise<Page>
}

/**
 * A real server with a shipped profile and the sandbox, and a real Chromium, for one test file. Whatever a page complains
 * about (an error, a breach of the content security policy) fails the test that opened it.
 */
export function openStage(profile: string, start?: () => Promise<RunningOwnkey>): Stage {
  let server: RunningOwnkey
  let browser: Browser
  let complaints: string[] = []

  beforeAll(async () => {
    if (!existsSync(fileURLToPath(new URL('../../console/dist/index.html', import.meta.url))))
      throw new Error('The console is not built. Run: npm run build -w console')
    server = await (start ?? (() => startProfileWithSandbox(profile)))()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  afterEach(async () => {
    const seen = complaints
    complaints = []
    for (const page of browser.contexts().flatMap((context) => context.pages()))
      keepEvidence('pages.html', await page.content())
    await Promise.all(browser.contexts().map((context) => context.close()))
    expect(seen).toEqual([])
  })

  const blank = async (options: BrowserContextOptions = {}, expected?: RegExp) => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      reducedMotion: 'reduce',
      ...options,
    })
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      // Chromium reports every answer ≥ 400 as an error of its own; what the page makes of it is what is tested.
      const text = message.text()
      if (message.type() === 'error' && !text.startsWith('Failed to load resource') && !expected?.test(text))
        complaints.push(text)
    })
    return page
  }
  return {
    server: () => server,
    blank,
    operator: async (options) => operatorSession(await blank(options), server),
    async visit(visitor, org = {}, options = {}) {
      const { status, body } = await server.api('PUT', `/orgs/${visitor.org}`, {
        name: visitor.org,
        plan: 'standard',
        ...org,
      })
      if (status !== 200) throw new Error(`No organization: ${status} ${JSON.stringify(body)}`)
      return signIn(await blank(options), server, visitor)
    },
  }
}

function startProfileWithSandbox(profile: string): Promise<RunningOwnkey> {
  return startOwnkey({ config: readProfile(profile), sandbox: true, env: sandboxPlatformKeys })
}

/** A key is nowhere on the page and nowhere in what the browser keeps. */
export async function expectNowhere(page: Page, secret: string): Promise<void> {
  const kept = await page.evaluate(
    `JSON.stringify([document.documentElement.outerHTML, [...document.querySelectorAll('input')].map((i) => i.value), {...sessionStorage}, {...localStorage}, document.cookie, location.href])`,
  )
  expect(String(kept)).not.toContain(secret)
}

/** What the page says in one place, in one line. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).first().innerText()).replace(/\s+/g, ' ')
}

/** Pastes as a person does. The function runs in the page, whose types are not ours; so it goes there as text. */
export async function paste(field: Locator, text: string): Promise<void> {
  await field.focus()
  await field.page().evaluate(`{
    const clipboardData = new DataTransfer()
    clipboardData.setData('text', ${JSON.stringify(text)})
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }`)
}
