import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signal } from '../support/upstream-journal.ts'
import { allowOrigins, type HostPage, openHostPage } from './host-page.ts'
import { openStage } from './stage.ts'

const profile = 'support-inbox'
const stage = openStage(profile)
const key = 'AIzaSyA-sandbox-ok-000000000000000001234'

/** Where the focus is: the text or the name of a control, the test id of a place. */
const focused = (page: Page) =>
  page.evaluate(`(() => {
    let element = document.activeElement
    while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    return element.dataset.testid ?? (element.matches('button, a') ? element.textContent : element.role ?? element.localName)
  })()`) as Promise<string>

const press = async (page: Page, button: string) => {
  await page.getByRole('button', { name: button }).first().focus()
  await page.keyboard.press('Enter')
}

const fillIn = async (page: Page) => {
  await page.getByText('My Google Gemini key (BYOK)').click()
  await page.getByRole('textbox', { name: 'API key' }).fill(key)
}

/** Answers changes of the key so, and goes back to the server's own answers when the returned function is called. */
async function answerWith(page: Page, status: number) {
  await page.route('**/keys/gemini*', (route) => route.fulfill({ status, body: '' }))
  return () => page.unroute('**/keys/gemini*')
}

describe('the focus', () => {
  it('stays with the button whose work failed, and goes on beside a form that was saved or given up', async () => {
    const page = await stage.visit({ org: 'form' })
    await fillIn(page)
    const mended = await answerWith(page, 500)
    await press(page, 'Save')
    await page.getByRole('alert').waitFor()
    await expect.poll(() => focused(page)).toBe('Save')
    await mended()
    await press(page, 'Cancel')
    await expect.poll(() => focused(page)).toBe('provider-choice')
    await fillIn(page)
    await press(page, 'Save')
    await page.getByTestId('key-card').waitFor()
    await expect.poll(() => focused(page)).toBe('provider-choice')
  })

  it('stays with a switch and a button that changes its name while they work', async () => {
    await stage.server().putOrg('card')
    await stage.server().putKey('card', 'gemini', key)
    const page = await stage.visit({ org: 'card' })
    await page.getByRole('switch').focus()
    await page.keyboard.press('Space')
    await page.getByText('ConnectGain AI is never used for it.').waitFor()
    await expect.poll(() => focused(page)).toBe('switch')
    await press(page, 'Disable')
    await page.getByRole('dialog').waitFor()
    const mended = await answerWith(page, 500)
    await page.route('**/disable*', (route) => route.fulfill({ status: 500, body: '' }))
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await expect.poll(() => focused(page)).toBe('Disable')
    await mended()
    await page.unroute('**/disable*')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await press(page, 'Enable')
    await page.getByRole('button', { name: 'Disable' }).waitFor()
    await expect.poll(() => focused(page)).toBe('Disable')
  })

  it('goes to what is said when nobody is signed in any more', async () => {
    const page = await stage.visit({ org: 'leaving' })
    await press(page, 'Sign out')
    await page.getByTestId('signed-out').waitFor()
    await expect.poll(() => focused(page)).toBe('signed-out')
    await expect.poll(() => page.title()).toBe('You are signed out')
  })

  it('is not taken to where the reader is no more', async () => {
    const page = await stage.visit({ org: 'elsewhere' })
    await fillIn(page)
    const left = signal()
    await page.route('**/keys/gemini*', async (route) => {
      await left.raised
      await route.continue()
    })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'Usage' }).focus()
    left.raise()
    await page.getByTestId('key-card').waitFor()
    await expect.poll(() => focused(page)).toBe('Usage')
  })

  describe('in the widget', () => {
    let host: HostPage
    beforeAll(async () => {
      host = await openHostPage(stage.server())
      await allowOrigins(stage.server(), profile, [host.origin])
    })
    afterAll(() => host?.close())

    it('stays inside when a form was saved and a key removed', async () => {
      await stage.server().putOrg('hosted')
      host.signIn({ org: 'hosted', user: { id: 'u_ada', role: 'owner' } })
      const page = await stage.blank()
      await page.goto(host.origin)
      await fillIn(page)
      await press(page, 'Save')
      await page.getByTestId('key-card').waitFor()
      await expect.poll(() => focused(page)).toBe('provider-choice')
      await press(page, 'Remove key')
      await page.getByRole('dialog').getByRole('button', { name: 'Remove key' }).click()
      await page.getByTestId('key-card').waitFor({ state: 'detached' })
      await expect.poll(() => focused(page)).toBe('provider-choice')
    })
  })
})
