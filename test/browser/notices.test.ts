import { describe, expect, it } from 'vitest'
import { openStage, textOf } from './stage.ts'

const stage = openStage('agent-builder')
const plan = { plan: 'hosted' }
const keys: Readonly<Record<string, string>> = {
  openai: 'sk-proj-sandbox-ok-000000000000000000000000000000001111',
  anthropic: `sk-ant-api03-sandbox-ok-${'a'.repeat(80)}`,
  gemini: 'AIzaSyA-sandbox-ok-000000000000000001234',
  groq: `gsk_sandbox-ok-${'g'.repeat(40)}`,
}

/** Keys of all these providers that should have been replaced long ago. */
async function holdOverdue(org: string, environment = 'production') {
  for (const [provider, key] of Object.entries(keys))
    await stage.server().putKey(org, provider, key, { environment, rotateBy: '2020-02-02' })
}

describe('notices', () => {
  it('of one kind about many keys are one, that says how many and leads to them', async () => {
    await stage.server().putOrg('many', plan)
    await holdOverdue('many')
    const page = await stage.visit({ org: 'many' }, plan)
    const banner = page.locator('[data-notice=rotation_overdue]')
    await expect
      .poll(() => textOf(page, '[data-notice]'))
      .toMatch(/^4 of your keys are past their rotation date.*\+ 1 .*replace these/)
    expect(await banner.count()).toBe(1)
    const [first] = await banner.getByRole('button').allInnerTexts()
    await banner.getByRole('button').first().click()
    await expect.poll(() => page.evaluate('document.activeElement.ariaLabel')).toBe(first)
    await page.locator('[data-testid=key-card]:focus').waitFor()
  })

  it('about other environments stay apart, and one alone says all that there is to say', async () => {
    await stage.server().putOrg('two', plan)
    await holdOverdue('two', 'staging')
    await stage.server().putKey('two', 'openai', keys['openai'] as string, { rotateBy: '2020-02-02' })
    const page = await stage.operator()
    await page.goto(`${stage.server().url}/en/operator/orgs/two/settings`)
    const banners = page.locator('[data-notice=rotation_overdue]')
    await banners.first().waitFor()
    const said = (await banners.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')).sort()
    expect(said).toHaveLength(2)
    expect(said[0]).toMatch(/^4 of your keys .*Environment: staging/)
    expect(said[1]).toMatch(/^Your OpenAI key .*February 2, 2020.*Environment: production/)
    expect(await banners.getByRole('button').count()).toBe(0)
  })
})

describe('the operator’s list of keys that fail', () => {
  it('folds those of one provider and cause, and says how many they are', async () => {
    for (let place = 1; place <= 5; place++) {
      const org = `poor_${place}`
      await stage.server().putOrg(org, plan)
      await stage.server().putKey(org, 'openai', 'sk-proj-sandbox-quota-000000000000000000000000000000001111')
      await stage.server().api('POST', `/orgs/${org}/keys/openai/test`, {})
    }
    const page = await stage.operator()
    await page.goto(`${stage.server().url}/en/operator/health`)
    const rows = page.locator('[data-failing]').filter({ visible: true })
    await rows.first().waitFor()
    expect(await rows.count()).toBe(3)
    await page.getByText('2 more OpenAI keys: Quota used up').click()
    await expect.poll(() => rows.count()).toBe(5)
  })
})
