import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { expectNowhere, openStage, paste, textOf } from './stage.ts'

const stage = openStage('support-inbox')
const working = 'AIzaSyA-sandbox-ok-000000000000000001234'
const failing = (how: string) => `AIzaSyA-sandbox-${how}-00000000000000005678`

const withAddOn = { addOns: ['re_engagement'] }
const chooseOwn = (page: Page) => page.getByText('My Google Gemini key (BYOK)').click()

async function saveKey(page: Page, key = working) {
  await chooseOwn(page)
  await page.getByRole('textbox', { name: 'API key' }).fill(key)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByTestId('key-card').waitFor()
}

async function putKey(org: string, body: object) {
  const answer = await stage.server().api('PUT', `/orgs/${org}/keys/gemini`, body)
  expect(answer.status).toBe(200)
}

describe('the settings page of a support inbox', () => {
  it('CG1 offers exactly the platform’s AI, which serves by default, and an own Gemini key', async () => {
    const page = await stage.visit({ org: 'cg1' })
    const choices = page.getByTestId('provider-choice').getByRole('radio')
    await expect.poll(() => choices.count()).toBe(2)
    await expect.poll(() => page.getByRole('radio', { name: /^ConnectGain AI/ }).isChecked()).toBe(true)
    expect(await page.getByRole('radio', { name: /^My Google Gemini key \(BYOK\)/ }).isChecked()).toBe(false)
    await expect
      .poll(() => textOf(page, '[data-testid=at-a-glance]'))
      .toContain('ConnectGain AI serves all your AI features.')
  })

  it('lets no environment be chosen where the configuration names none, and no key is in another', async () => {
    const page = await stage.visit({ org: 'one_place' })
    expect(await page.getByLabel('Environment').count()).toBe(0)
    await putKey('one_place', { key: working, environment: 'trial' })
    await page.reload()
    await page.getByLabel('Environment').selectOption('trial')
    await page.getByTestId('key-card').waitFor()
  })

  it('CG2 lets a model be chosen, each with its hint, the recommended one first', async () => {
    const page = await stage.visit({ org: 'cg2' })
    await chooseOwn(page)
    const models = page.getByRole('group', { name: 'Model' })
    await expect.poll(() => models.getByRole('radio').count()).toBe(3)
    await expect.poll(() => models.getByRole('radio', { name: /gemini-2.5-flash Recommended/ }).isChecked()).toBe(true)
    await expect.poll(() => models.innerText()).toContain('For heavier reasoning')
    await expect.poll(() => models.innerText()).toContain('gemini-3* cannot be chosen')
    await models.getByText('gemini-2.5-pro').click()
    await page.getByRole('textbox', { name: 'API key' }).fill(working)
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => textOf(page, '[data-testid=key-card]')).toContain('gemini-2.5-pro')
  })

  it('CG4 offers the scopes, and leaves what is outside with the platform’s AI', async () => {
    const page = await stage.visit({ org: 'cg4' }, withAddOn)
    await chooseOwn(page)
    const scopes = page.getByRole('group', { name: 'Used for' })
    await expect.poll(() => scopes.getByRole('radio').count()).toBe(2)
    await expect.poll(() => scopes.innerText()).toContain('Chatbots, Classification, Internal assistant, Web assistant')
    await scopes.getByText('Re-engagement only').click()
    await page.getByRole('textbox', { name: 'API key' }).fill(working)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-card').waitFor()
    await expect.poll(() => textOf(page, '[data-feature=chatbot]')).toContain('ConnectGain AI')
    await expect.poll(() => textOf(page, '[data-feature=re_engagement]')).toContain('Your own key')
  })

  it('CG5 has fallback as a switch that is on, and warns while the own key fails', async () => {
    const page = await stage.visit({ org: 'cg5' })
    await saveKey(page, failing('quota'))
    await expect.poll(() => page.getByRole('switch').isChecked()).toBe(true)
    const asked = await stage.server().api('POST', '/orgs/cg5/try-out', { feature: 'chatbot' })
    expect(asked.body).toMatchObject({ ok: true, keySource: 'platform', fallback: 'quota_exhausted' })
    await page.reload()
    await page.locator('[data-notice]').first().waitFor()
    await putKey('cg5', { key: working })
    await stage.server().api('POST', '/orgs/cg5/keys/gemini/test', {})
    await page.reload()
    await page.getByTestId('key-card').waitFor()
    expect(await page.locator('[data-notice]').count()).toBe(0)
  })

  it('CG6 says, with fallback off, that nothing else is used and what to mend', async () => {
    const page = await stage.visit({ org: 'cg6' })
    await saveKey(page, failing('invalid'))
    await page.getByRole('switch').click()
    await page.getByText('fails with the provider’s error. ConnectGain AI is never used for it.').waitFor()
    await page.getByRole('button', { name: 'Test key' }).click()
    await page.getByTestId('test-report').getByText('Invalid').waitFor()
    await expect.poll(() => textOf(page, '[data-testid=status-cause]')).toMatch(/.{30}/)
    await page.getByTestId('key-card').getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('[data-testid=try-out-answer][data-ok=false]').waitFor()
  })

  it('CG7 gives a green badge when the tested key works', async () => {
    const page = await stage.visit({ org: 'cg7' })
    await saveKey(page)
    await page.getByRole('button', { name: 'Test key' }).click()
    await page.locator('[data-testid=key-card] header [data-status=valid]').waitFor()
  })

  it.each([
    ['invalid', 'invalid'],
    ['quota', 'quota'],
    ['down', 'network'],
    ['permission', 'permission'],
  ])('CG8 explains cause and remedy of a key that is %s', async (how, badge) => {
    const org = `cg8_${how}`
    const page = await stage.visit({ org })
    await saveKey(page, failing(how))
    await page.getByRole('button', { name: 'Test key' }).click()
    await page.locator(`[data-testid=key-card] header [data-status=${badge}]`).waitFor()
    const parts = page.getByTestId('status-cause').locator('p')
    await expect
      .poll(() => parts.allInnerTexts())
      .toEqual([expect.stringMatching(/.{10}/), expect.stringMatching(/.{10}/)])
  })

  it('CG11 shows a member everything, lets nothing be changed, and says who can', async () => {
    await stage.server().api('PUT', '/orgs/cg11', { name: 'cg11', plan: 'standard' })
    await putKey('cg11', { key: working })
    const page = await stage.visit({ org: 'cg11', role: 'member', user: 'u_member' })
    await expect.poll(() => textOf(page, '[data-testid=read-only]')).toContain('owners, admins')
    await expect.poll(() => page.getByTestId('key-card').innerText()).toContain('AIza••••1234')
    expect(await page.getByTestId('key-card').getByRole('button').count()).toBe(0)
    await expect.poll(() => page.getByRole('switch').isDisabled()).toBe(true)
    await expect.poll(() => page.getByRole('radio', { name: /^ConnectGain AI/ }).isDisabled()).toBe(true)
    expect(await page.getByRole('link', { name: 'Audit log' }).count()).toBe(0)
  })

  it('CG14 calls the add-on that a feature needs by its title', async () => {
    const page = await stage.visit({ org: 'cg14' })
    await expect
      .poll(() => textOf(page, '[data-feature=re_engagement]'))
      .toContain('Re-engagement needs the add-on “AI Re-Engagement”')
  })

  it('CG16 answers why a feature is still on the platform’s AI', async () => {
    await stage.server().api('PUT', '/orgs/cg16', { name: 'cg16', plan: 'standard', ...withAddOn })
    await putKey('cg16', { key: working, scope: 're_engagement_only' })
    const page = await stage.visit({ org: 'cg16' }, withAddOn)
    await page.getByRole('button', { name: 'Why? Chatbots' }).click()
    const chain = page.getByTestId('chain')
    await chain.waitFor()
    await expect
      .poll(() => chain.locator('[data-step=skipped]').first().innerText())
      .toMatch(/Re-engagement only|scope/i)
    await expect.poll(() => chain.locator('[data-step=serves]').innerText()).toContain('ConnectGain AI')
    expect(await textOf(page, '[data-testid=key-card]')).toContain('Serves: Re-engagement.')
  })

  it('CG18 clears the key when the platform’s AI is chosen and saved, after one question', async () => {
    const page = await stage.visit({ org: 'cg18' })
    await saveKey(page)
    await page.getByText('ConnectGain AI', { exact: true }).first().click()
    await page.getByRole('button', { name: 'Save' }).click()
    const dialog = page.getByRole('dialog')
    await expect.poll(() => dialog.innerText()).toContain('deleted from the encrypted store')
    await dialog.getByRole('button', { name: 'Delete key and switch' }).click()
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => page.getByRole('radio', { name: /^ConnectGain AI/ }).isChecked()).toBe(true)
    const { body } = await stage.server().api('GET', '/orgs/cg18/settings')
    expect(body.providers.flatMap((provider: { keys: unknown[] }) => provider.keys)).toEqual([])
  })

  it('changes of a key only what was changed here: another tab may have turned fallback off meanwhile', async () => {
    await stage.server().putOrg('tabs')
    await putKey('tabs', { key: working })
    const page = await stage.visit({ org: 'tabs' })
    await page.getByRole('button', { name: 'Edit' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Name, owner, rotation').click()
    await stage.server().api('PATCH', '/orgs/tabs/keys/gemini', { fallback: false, model: 'gemini-2.5-pro' })
    await dialog.getByLabel('Name', { exact: true }).fill('Support team')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    const { body } = await stage.server().api('GET', '/orgs/tabs/settings')
    expect(body.providers[0].keys[0]).toMatchObject({ label: 'Support team', fallback: false, model: 'gemini-2.5-pro' })
    await page.getByText('ConnectGain AI is never used for it.').waitFor()
  })

  it('says on the card what was noticed in the first key too', async () => {
    const usual = 'AIzaSyA-sandbox-ok-00000000000000001234'
    const page = await stage.visit({ org: 'remarks' })
    await saveKey(page, 'sk-ant-api03-sandbox-ok-000000000000000000001')
    await page.getByTestId('key-card').getByText('This looks like an Anthropic (Claude) key').waitFor()
    await page.getByRole('button', { name: 'Replace key' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'API key' }).fill(usual)
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.locator('[data-remark]').waitFor({ state: 'detached' })
  })

  it('says how long before the due date reminders come, as the plan has it', async () => {
    const page = await stage.visit({ org: 'reminders' })
    await chooseOwn(page)
    await page.getByText('Name, owner, rotation').click()
    await page.getByText('Reminders begin 30 days before.').waitFor()
  })

  it('keeps no pasted key anywhere, and says what it cut off', async () => {
    const page = await stage.visit({ org: 'paste' })
    await chooseOwn(page)
    const field = page.getByRole('textbox', { name: 'API key' })
    await paste(field, `  ${working}\n`)
    await expect.poll(() => field.inputValue()).toBe(working)
    await page.getByText('3 spaces or line breaks were removed').waitFor()
    await expect.poll(() => field.getAttribute('autocomplete')).toBe('off')
    await expect.poll(() => field.getAttribute('type')).toBe('text')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('key-card').waitFor()
    await expectNowhere(page, working)
  })
})
