import { describe, expect, it } from 'vitest'
import { profileConfig } from '../support/profile.ts'
import { startOwnkey } from '../support/running-server.ts'
import { sandboxPlatformKeys } from './real-browser.ts'
import { openStage, textOf } from './stage.ts'

const gemini = (policy: string) => ({ gemini: policy, '*': 'unavailable' })
const changes = {
  'features.chatbot.description': 'Answers visitors of your site',
  'plans.own_only': { providers: gemini('required') },
  'plans.full': {
    providers: gemini('optional'),
    monthlyCredits: 100,
    fallback: { mode: 'always', when: ['rate_limited'] },
    credits: { ownKey: 1, platformKey: 7 },
  },
  'plans.limited': { quotas: { requests: { title: 'requests', limit: 1, per: 'month' } } },
  'features.chatbot.meter': 'requests',
  'plans.priced': {
    providers: gemini('optional'),
    monthlyCredits: 100,
    credits: { chatbot: { ownKey: 1, platformKey: 7 } },
  },
}
const config = (more: object = {}) => profileConfig('support-inbox', undefined, { ...changes, ...more })
const stage = openStage('support-inbox', () =>
  startOwnkey({ config: config(), sandbox: true, env: sandboxPlatformKeys }),
)

describe('the settings page', () => {
  it('begins with the own key where the platform’s AI is not offered', async () => {
    const page = await stage.visit({ org: 'own_only' }, { plan: 'own_only' })
    const choice = (name: RegExp) => page.getByRole('radio', { name })
    await expect.poll(() => choice(/^My Google Gemini key/).isChecked()).toBe(true)
    expect([await choice(/^ConnectGain AI/).isChecked(), await choice(/^ConnectGain AI/).isDisabled()]).toEqual([
      false,
      true,
    ])
    await page.getByRole('textbox', { name: 'API key' }).waitFor()
    expect(await page.getByTestId('key-form').getByRole('button', { name: 'Cancel' }).count()).toBe(0)
  })

  it('shows the credits also where each feature has prices of its own, and claims no one price for all', async () => {
    const page = await stage.visit({ org: 'priced' }, { plan: 'priced' })
    const glance = () => textOf(page, '[data-testid=at-a-glance]')
    await expect.poll(glance).toContain('Credits left: 100. What a request costs depends on the feature: “Why?” tells.')
    await page.getByRole('button', { name: 'Why? Chatbots' }).click()
    await page.getByTestId('chain').getByText('7 credits').waitFor()
  })
})

describe('a feature', () => {
  it('is told in the operator’s own words', async () => {
    const page = await stage.visit({ org: 'described' })
    await page.locator('[data-feature=chatbot]').getByText('Answers visitors of your site').waitFor()
    const { features } = (await stage.server().api('GET', '/orgs/described/settings')).body
    const told = Object.fromEntries(
      (features as { id: string; description: string | null }[]).map(({ id, description }) => [id, description]),
    )
    expect(told).toMatchObject({ chatbot: 'Answers visitors of your site', translation: null })
  })
})

describe('a limit that is used up', () => {
  it('says when it begins anew', async () => {
    const page = await stage.visit({ org: 'used_up' }, { plan: 'limited' })
    await stage.server().api('POST', '/orgs/used_up/try-out', { feature: 'chatbot' })
    await page.reload()
    await page.getByRole('button', { name: 'Why? Chatbots' }).click()
    await page
      .locator('[data-step=refused]')
      .getByText(/Begins anew on \w+ 1, \d{4}/)
      .waitFor()
  })
})

describe('the chart of requests', () => {
  it('has no half a request at its axis', async () => {
    const page = await stage.visit({ org: 'charted' }, { plan: 'priced' })
    for (const text of ['1', '2', '3'])
      await stage.server().api('POST', '/orgs/charted/try-out', { feature: 'chatbot', prompt: text })
    await page.getByRole('link', { name: 'Usage' }).click()
    const axis = page.locator('figure:has(svg[role=img]) [aria-hidden]').first()
    await expect.poll(async () => (await axis.innerText()).split(/\s+/)).toEqual(['4', '2', '0'])
  })
})

describe('the log of requests', () => {
  it('fits beside everything that a request can have: credits, a fallback, a long host', async () => {
    await stage.server().putOrg('wide', { plan: 'full', addOns: ['re_engagement'] })
    await stage.server().putKey('wide', 'gemini', 'AIzaSyA-sandbox-rate-000000000000001234')
    for (const feature of ['chatbot', 'internal_assistant', 're_engagement'])
      await stage.server().api('POST', '/orgs/wide/try-out', { feature })
    const page = await stage.visit({ org: 'wide' }, { plan: 'full', addOns: ['re_engagement'] })
    await page.getByRole('link', { name: 'Requests' }).click()
    await page.getByText('after: too many requests').first().waitFor()
    await page.getByRole('columnheader', { name: 'Credits' }).waitFor()
    expect(
      await page.evaluate(
        `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('main figure'))`,
      ),
    ).toBe(0)
  })
})

describe('the operator’s form for an organization', () => {
  it('takes nothing away that a newer configuration does not know, and calls add-ons by their titles', async () => {
    const earlier = config({ 'addOns.spare': { title: 'Spare' }, 'plans.old': { providers: gemini('optional') } })
    expect(await stage.server().reload(earlier)).toBe(true)
    await stage.server().putOrg('kept', { plan: 'old', addOns: ['spare', 're_engagement'] })
    expect(await stage.server().reload(config())).toBe(true)
    const page = await stage.operator()
    const row = page.locator('[data-org=kept]')
    await row.getByText('Plan not in the configuration').waitFor()
    await page.getByRole('button', { name: 'Edit: kept' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('checkbox', { name: 'AI Re-Engagement' }).waitFor()
    expect(await dialog.getByRole('checkbox', { name: 'spare' }).isChecked()).toBe(true)
    await dialog.getByLabel('Name', { exact: true }).fill('Still kept')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').waitFor()
    expect((await stage.server().api('GET', '/orgs/kept')).body).toMatchObject({ name: 'kept', plan: 'old' })
    await dialog.getByLabel('Plan').selectOption('standard')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    await row.getByText('Own keys enabled').waitFor()
    const { body } = await stage.server().api('GET', '/orgs/kept')
    expect([body.name, body.plan, body.addOns.sort()]).toEqual(['Still kept', 'standard', ['re_engagement', 'spare']])
  })

  it('changes only what was changed in it: a plan that came meanwhile stays', async () => {
    await stage.server().putOrg('synced', { plan: 'standard', addOns: ['re_engagement'], locale: 'de' })
    const page = await stage.operator()
    await page.getByRole('button', { name: 'Edit: synced' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('Renamed')
    await stage.server().putOrg('synced', { plan: 'priced', addOns: [], byokEnabled: true })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    const { body } = await stage.server().api('GET', '/orgs/synced')
    expect(body).toMatchObject({ name: 'Renamed', plan: 'priced', addOns: [], byokEnabled: true, locale: 'de' })
  })

  it('brings none back that was deleted meanwhile', async () => {
    await stage.server().putOrg('gone')
    const page = await stage.operator()
    await page.getByRole('button', { name: 'Edit: gone' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('Back')
    await stage.server().api('DELETE', '/orgs/gone')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').waitFor()
    expect((await stage.server().api('GET', '/orgs/gone')).status).toBe(404)
  })

  it('says once how many credits can be added at most', async () => {
    await stage.server().putOrg('rich')
    const page = await stage.operator()
    await page.getByRole('button', { name: 'Credits: rich' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Credits to add or take back').fill('99999999999999999999')
    await dialog.getByLabel('Reason').fill('Huge')
    await dialog.getByRole('button', { name: 'Add credits' }).click()
    await expect
      .poll(() => dialog.getByRole('alert').innerText())
      .toMatch(/^Credits to add or take back: at most 1000000000000\s+Correct the request as the detail says\.$/)
  })
})
