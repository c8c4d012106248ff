import { describe, expect, it } from 'vitest'
import { profileConfig } from '../support/profile.ts'
import { startOwnkey } from '../support/running-server.ts'
import { sandboxPlatformKeys } from './real-browser.ts'
import { openStage, textOf } from './stage.ts'

const gemini = (policy: string) => ({ gemini: policy, '*': 'unavailable' })
const changes = {
  'plans.own_only': { providers: gemini('required') },
  'plans.priced': {
    providers: gemini('optional'),
    monthlyCredits: 100,
    credits: { chatbot: { ownKey: 1, platformKey: 7 } },
  },
}
const stage = openStage('support-inbox', () =>
  startOwnkey({ config: profileConfig('support-inbox', undefined, changes), sandbox: true, env: sandboxPlatformKeys }),
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
