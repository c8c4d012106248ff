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
