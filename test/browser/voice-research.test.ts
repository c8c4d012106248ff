import { describe, expect, it } from 'vitest'
import { openStage, textOf } from './stage.ts'

const stage = openStage('voice-research')
const enabled = { byokEnabled: true }
const working = 'sk-sandbox-ok-0000000000000000000000xK7q'

describe('the settings page of voice research', () => {
  it('VR1 has the section only where it was enabled, and tells others whom to ask', async () => {
    const page = await stage.visit({ org: 'vr1_off' })
    await expect.poll(() => textOf(page, '[data-testid=byok-disabled]')).toContain('your platform administrator')
    expect(await page.getByTestId('provider-list').count()).toBe(0)
    await page.getByRole('button', { name: 'Why? Interviews' }).click()
    const steps = page.getByTestId('chain').locator('[data-step=skipped]')
    await steps.getByText('Your own key').waitFor()
    expect(await steps.getByText('not enabled').count()).toBe(1)
    const other = await stage.visit({ org: 'vr1_on' }, enabled)
    await other.getByTestId('provider-list').waitFor()
  })

  it('VR2 shows three slots with what each affects, the third as coming', async () => {
    const page = await stage.visit({ org: 'vr2' }, enabled)
    await expect
      .poll(() => textOf(page, '[data-provider=openai]'))
      .toContain('Interviews, Opportunity scoring, Recommendations, Agent briefs, Wiki')
    await expect
      .poll(() => textOf(page, '[data-provider=sarvam]'))
      .toContain('Speech-to-text, Text-to-speech, Translation')
    const coming = page.locator('[data-testid=coming] [data-provider=elevenlabs]')
    await expect.poll(() => coming.innerText()).toContain('Coming soon')
    expect(await coming.getByRole('button').count()).toBe(0)
  })

  it('does not say that the shared key serves when no credits are left for it', async () => {
    const page = await stage.visit({ org: 'poor' }, enabled)
    const slot = () => textOf(page, '[data-testid=provider-list] [data-provider=openai]')
    await expect.poll(slot).toContain('Not served now.')
    await stage.server().api('POST', '/orgs/poor/credits', { amount: 50, reason: 'Start', idempotencyKey: 'poor' })
    await page.reload()
    await expect.poll(slot).toContain('Served by Voice Research AI now.')
  })

  it('VR3 draws how a request flows from the settings in force', async () => {
    const page = await stage.visit({ org: 'vr3' }, enabled)
    const flow = page.getByTestId('flow')
    expect(await flow.innerText()).not.toContain('xK7q')
    await page.getByRole('button', { name: 'Add key: Language model' }).click()
    await page.getByRole('textbox', { name: 'API key' }).fill(working)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-card').waitFor()
    const text = (await flow.innerText()).replace(/\s+/g, ' ')
    for (const part of [
      'Key storage',
      'xK7q',
      'Routing',
      'Voice Research',
      'Providers',
      'api.openai.com',
      'api.sarvam.ai',
    ])
      expect(text).toContain(part)
  })

  it('VR6 lets the owner manage, and not even an admin', async () => {
    const page = await stage.visit({ org: 'vr6', role: 'admin' }, enabled)
    await expect.poll(() => textOf(page, '[data-testid=read-only]')).toContain('owners')
    expect(await page.getByRole('button', { name: /Add/ }).count()).toBe(0)
  })

  it('offers to try only what a line of text can try', async () => {
    await stage.server().putOrg('tries', enabled)
    await stage.server().api('POST', '/orgs/tries/credits', { amount: 50, reason: 'start', idempotencyKey: 'tries' })
    await stage.server().putKey('tries', 'sarvam', 'sk_sandbox-ok-00000000000000000000001')
    const page = await stage.visit({ org: 'tries' }, enabled)
    await page.getByRole('button', { name: 'Try it: Interviews' }).waitFor()
    expect(await page.getByRole('button', { name: 'Try it: Speech-to-text' }).count()).toBe(0)
    expect(await page.getByTestId('key-card').getByRole('button', { name: 'Try it' }).count()).toBe(0)
  })

  it('VR15 runs a one-line generation with the saved key', async () => {
    const page = await stage.visit({ org: 'vr15' }, enabled)
    await stage.server().api('POST', '/orgs/vr15/credits', { amount: 100, reason: 'start', idempotencyKey: 'vr15' })
    await stage.server().api('PUT', '/orgs/vr15/keys/openai', { key: working })
    await page.reload()
    await page.getByTestId('key-card').getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    const answer = page.locator('[data-testid=try-out-answer][data-ok=true]')
    await answer.waitFor()
    await expect.poll(() => answer.innerText()).toContain('Your own key')
  })
})
