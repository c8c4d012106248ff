import { describe, expect, it } from 'vitest'
import { signal } from '../support/upstream-journal.ts'
import { go } from './pages.ts'
import { openStage } from './stage.ts'

const stage = openStage('agent-builder')
const plan = { plan: 'hosted' }

describe('numbers of another period than the one that is chosen', () => {
  it.each([
    ['usage', '**/usage?*', 'Last 7 days'],
    ['health', '**/health?*', 'Last hour'],
  ])('are not shown while those of the chosen one are on their way: %s', async (name, calls, wanted) => {
    await stage.server().putOrg('late', plan)
    const page = name === 'usage' ? await stage.visit({ org: 'late' }, plan) : await stage.operator()
    await go(page, name === 'usage' ? '/en/usage' : '/en/operator/health')
    const figures = page.getByRole('main').getByText('Requests', { exact: true }).first()
    await figures.waitFor()
    const answered = signal()
    await page.route(calls, async (route) => {
      await answered.raised
      await route.continue()
    })
    await page.getByLabel('Period').selectOption({ label: wanted })
    await page.locator('.skeleton').first().waitFor()
    expect(await figures.count()).toBe(0)
    answered.raise()
    await figures.waitFor()
    await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  })
})

describe('a search of organizations', () => {
  it('says that it is searching while it shows what was found before', async () => {
    for (const org of ['found_oak', 'found_elm']) await stage.server().putOrg(org, plan)
    const page = await stage.operator()
    const oak = page.locator('[data-org=found_oak]')
    const elm = page.locator('[data-org=found_elm]')
    await elm.waitFor()
    const answered = signal()
    await page.route('**/orgs?search=found_oak*', async (route) => {
      await answered.raised
      await route.continue()
    })
    await page.getByRole('searchbox', { name: 'Search' }).fill('found_oak')
    await page.getByRole('status').getByText('Searching…').waitFor()
    expect(await elm.count()).toBe(1)
    answered.raise()
    await elm.waitFor({ state: 'detached' })
    await oak.waitFor()
    expect(await page.getByText('Searching…').count()).toBe(0)
  })
})

describe('the form for a key', () => {
  const key = (end: string) => `sk-proj-sandbox-ok-${'0'.repeat(28)}${end}`

  async function openForm(org: string) {
    await stage.server().putOrg(org, plan)
    const page = await stage.visit({ org }, plan)
    await page.getByRole('button', { name: 'Add key: OpenAI', exact: true }).click()
    const dialog = page.getByRole('dialog')
    const field = dialog.getByRole('textbox', { name: 'API key' })
    await field.fill(key('1111'))
    return { page, dialog, field }
  }

  it('shows the checks of the test that was asked for last alone', async () => {
    const { page, dialog, field } = await openForm('tested')
    const answers = [signal(), signal()]
    let asked = 0
    await page.route('**/keys/openai/test', async (route) => {
      await answers[asked++]?.raised
      await route.continue()
    })
    const pressTest = async () => {
      const sent = page.waitForRequest('**/keys/openai/test')
      await dialog.getByRole('button', { name: 'Test connection' }).click()
      await sent
    }
    await pressTest()
    await field.fill(key('2222'))
    await pressTest()
    answers[0]?.raise()
    const tested = `performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/openai/test')).length`
    await expect.poll(() => page.evaluate(tested)).toBe(1)
    // Two frames, so that what came would have been drawn.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    expect(await dialog.locator('[data-check]').count()).toBe(0)
    answers[1]?.raise()
    await dialog.locator('[data-status=valid]').waitFor()
    expect(await dialog.locator('[data-check=shape]').count()).toBe(1)
  })

  it('stays as it was sent until the answer is there, and is sent once', async () => {
    const { page, dialog, field } = await openForm('saved')
    const answered = signal()
    let sent = 0
    await page.route('**/keys/openai', async (route) => {
      sent++
      await answered.raised
      await route.continue()
    })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.locator('.spinner').waitFor()
    await field.focus()
    await page.keyboard.type('typed meanwhile')
    await page.keyboard.press('Enter')
    expect(await field.inputValue()).toBe(key('1111'))
    answered.raise()
    await page.getByTestId('key-card').getByText('1111').waitFor()
    expect(sent).toBe(1)
  })

  it('can be closed while a test is under way', async () => {
    const { page, dialog } = await openForm('cancelled')
    const answered = signal()
    await page.route('**/keys/openai/test', async (route) => {
      await answered.raised
      await route.abort()
    })
    await dialog.getByRole('button', { name: 'Test connection' }).click()
    await dialog.locator('[data-waiting=shape]').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    answered.raise()
  })
})
