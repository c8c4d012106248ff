import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { RunningOwnkey } from '../support/running-server.ts'

const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The Chromium of this machine, quiet and without anything of its own to download. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = places.find((place) => place && existsSync(place))
  if (!executablePath)
    throw new Error('No Chromium found. Install it (Debian: apt-get install chromium) or set CHROMIUM to its path.')
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A profile's configuration as it is shipped. */
export function readProfile(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../profiles/${name}.yaml`, import.meta.url)), 'utf8')
}

/** Platform keys that the sandbox plays, for every variable that a profile names. */
export const sandboxPlatformKeys = {
  GEMINI_API_KEY: 'AIzaSy-sandbox-ok-platform-000000000001',
  OPENAI_API_KEY: 'sk-sandbox-ok-platform-0000000000000001',
  ANTHROPIC_API_KEY: 'sk-ant-api03-sandbox-ok-platform-000001',
  SARVAM_API_KEY: 'sk_sandbox-ok-platform-00000000000001',
  ELEVENLABS_API_KEY: 'sk_sandbox-ok-platform-00000000000002',
}

export interface Visitor {
  org: string
  role?: 'owner' | 'admin' | 'member'
  user?: string
  locale?: string
}

/** Opens the one-time link of a fresh session, and waits until the settings are there. */
export async function signIn(page: Page, server: RunningOwnkey, visitor: Visitor): Promise<Page> {
  const { org, role = 'owner', user = 'u_ada', locale } = visitor
  const answer = await server.api('POST', '/sessions', {
    org,
    user: { id: user, name: 'Ada', role },
    ...(locale ? { locale } : {}),
  })
  if (answer.status !== 201) throw new Error(`No session: ${answer.status} ${JSON.stringify(answer.body)}`)
  await page.goto(answer.body.url)
  await page
    .getByTestId('at-a-glance')
    .waitFor()
    .catch(async () => {
      throw new Error(
        `The settings did not come. At ${page.url()} the page says: ${await page.locator('body').innerText()}`,
      )
    })
  return page
}

/** Opens the link that the server prints for its operator. */
export async function operatorSession(page: Page, server: RunningOwnkey): Promise<Page> {
  await page.goto(await server.signInLink())
  await page.locator('main h1').waitFor()
  return page
}
