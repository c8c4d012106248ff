import { describe, expect, it } from 'vitest'
import { profileConfig } from '../support/profile.ts'
import { startOwnkey } from '../support/running-server.ts'
import { sandboxPlatformKeys } from './real-browser.ts'
import { openStage, textOf } from './stage.ts'

const changes = {
  'plans.single': { choice: 'single', regions: ['eu'], providers: { anthropic: 'optional', openai: 'optional' } },
}
const config = (more: object = {}) => profileConfig('agent-builder', undefined, { ...changes, ...more })
const stage = openStage('agent-builder', () =>
  startOwnkey({ config: config(), sandbox: true, env: sandboxPlatformKeys }),
)
const eu = { plan: 'hosted_eu' }

describe('the settings page of a plan that says where data may go', () => {
  it('lists first the providers that can take a key', async () => {
    const page = await stage.visit({ org: 'order' }, eu)
    const rows = page.getByTestId('provider-list').locator('li[data-provider]')
    const canTake = await Promise.all((await rows.all()).map((row) => row.getByRole('button').count()))
    expect(canTake.filter(Boolean).length).toBeGreaterThan(2)
    expect(canTake).toEqual([...canTake].sort((one, other) => other - one))
  })

  it('says of an endpoint of the customer’s own why it cannot be used, and of the others that they have no host', async () => {
    const page = await stage.visit({ org: 'own' }, eu)
    for (const id of ['azure-openai', 'openai_compatible'])
      await expect
        .poll(() => textOf(page, `[data-provider="${id}"]`))
        .toContain('Not usable on your plan: in which region your own endpoint lies is not known.')
    await expect.poll(() => textOf(page, '[data-provider=groq]')).toContain('No host in your plan’s regions.')
  })

  it('offers, where one provider serves all, the usable one, and no form for the other', async () => {
    const page = await stage.visit({ org: 'single' }, { plan: 'single' })
    await page.getByText('My own key (BYOK)').click()
    const provider = page.getByLabel('Provider', { exact: true })
    await expect.poll(() => provider.inputValue()).toBe('openai')
    await page.getByTestId('key-form').waitFor()
    await provider.selectOption('anthropic')
    await page.getByText('No host in your plan’s regions.').waitFor()
    expect(await page.getByTestId('key-form').count()).toBe(0)
  })

  it('offers a replaced key only as long as it can be put back, and says why it cannot', async () => {
    await stage.server().putOrg('back', eu)
    const put = (more: object) => stage.server().putKey('back', 'openai', `sk-proj-sandbox-ok-${'0'.repeat(32)}`, more)
    expect(await stage.server().reload(config({ 'plans.hosted_eu.regions': ['eu', 'global'] }))).toBe(true)
    await put({})
    await put({ region: 'eu' })
    const page = await stage.visit({ org: 'back' }, eu)
    await page.getByTestId('restorable').getByRole('button', { name: 'Put back' }).waitFor()
    expect(await stage.server().reload(config())).toBe(true)
    await page.reload()
    await expect
      .poll(() => textOf(page, '[data-testid=restorable]'))
      .toMatch(/cannot be put back: its host is in no region that your plan allows\.$/)
  })

  it('offers to enable a key only where its host may be used, and says why not', async () => {
    await stage.server().putOrg('asleep', eu)
    expect(await stage.server().reload(config({ 'plans.hosted_eu.regions': ['eu', 'global'] }))).toBe(true)
    await stage.server().putKey('asleep', 'openai', `sk-proj-sandbox-ok-${'0'.repeat(32)}`)
    expect((await stage.server().api('POST', '/orgs/asleep/keys/openai/disable')).status).toBe(200)
    const page = await stage.visit({ org: 'asleep' }, eu)
    const enable = page.getByTestId('key-card').getByRole('button', { name: 'Enable' })
    await expect.poll(() => enable.isEnabled()).toBe(true)
    expect(await textOf(page, '[data-testid=status-cause]')).toContain('Press “Enable” to use it again.')
    expect(await stage.server().reload(config())).toBe(true)
    await page.reload()
    await expect
      .poll(() => textOf(page, '[data-testid=status-cause]'))
      .toMatch(/Replace it: its host is in no region that your plan allows\.$/)
    expect(await enable.isDisabled()).toBe(true)
  })

  it('does not claim that all features are served where some are not available', async () => {
    const page = await stage.visit({ org: 'partly' }, eu)
    await expect.poll(() => textOf(page, '[data-testid=at-a-glance]')).toContain('Not all your AI features are')
    await stage.server().putKey('partly', 'openai', `sk-proj-sandbox-ok-${'0'.repeat(32)}`, { region: 'eu' })
    await page.reload()
    await page.getByTestId('key-card').waitFor()
    const glance = await textOf(page, '[data-testid=at-a-glance]')
    expect(glance).toMatch(/^Not all your AI features are available\. .*1 feature on your own key.*2 features not/)
  })
})
