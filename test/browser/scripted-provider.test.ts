import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { geminiFailures, platformKey, type RunningProfile, startProfile } from '../support/profile.ts'
import { json } from '../support/upstream.ts'
import { openStage } from './stage.ts'

let profile: RunningProfile
const stage = openStage('support-inbox', async () => {
  profile = await startProfile('support-inbox', { database: 'embedded' })
  return profile.ownkey
})
afterAll(() => profile.upstream.close())

async function withKey(org: string): Promise<{ page: Page; key: string }> {
  const key = profile.newKey('gemini')
  await stage.server().putOrg(org, { addOns: ['re_engagement'] })
  await stage.server().putKey(org, 'gemini', key)
  return { page: await stage.visit({ org }, { addOns: ['re_engagement'] }), key }
}

async function tryIt(page: Page) {
  await page.getByTestId('key-card').getByRole('button', { name: 'Try it' }).click()
  await page.getByRole('button', { name: 'Send' }).click()
  const answer = page.getByTestId('try-out-answer')
  await answer.waitFor()
  const ok = await answer.getAttribute('data-ok')
  await page.keyboard.press('Escape')
  return ok === 'true'
}

describe('the settings page before providers that do as the test says', () => {
  it('CG6 sends nothing to the platform’s account while fallback is off, whatever fails', async () => {
    const { page, key } = await withKey('s_cg6')
    await page.getByRole('switch').click()
    await page.getByText('fails with the provider’s error. ConnectGain AI is never used for it.').waitFor()
    const before = profile.seen(platformKey).length
    for (const [, answer] of geminiFailures) {
      profile.answer(key, answer)
      expect(await tryIt(page)).toBe(false)
    }
    expect(profile.seen(platformKey).length - before).toBe(0)
    profile.answer(key, geminiFailures[0]?.[1] ?? null)
    await page.getByRole('button', { name: 'Test key' }).click()
    await page.locator('[data-testid=key-card] header [data-status=invalid]').waitFor()
    await expect.poll(() => page.getByTestId('status-cause').innerText()).toMatch(/[\s\S]{30}/)
    expect(profile.seen(platformKey).length - before).toBe(0)
  }, 60_000)

  it('CG5 has the platform’s account serve once fallback is on again, and says so while the own key fails', async () => {
    const { page, key } = await withKey('s_cg5')
    profile.answer(key, geminiFailures[0]?.[1] ?? null)
    const before = profile.seen(platformKey).length
    expect(await tryIt(page)).toBe(true)
    expect(profile.seen(platformKey).length - before).toBe(1)
    await page.locator('[data-notice]').first().waitFor()
    profile.answer(key, null)
    await page.getByRole('button', { name: 'Test key' }).click()
    await page.locator('[data-notice]').first().waitFor({ state: 'detached' })
  })

  it('shows each check of a test as it finishes', async () => {
    const { page, key } = await withKey('s_stream')
    let release: () => void = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    profile.answer(key, async (exchange) => {
      if (exchange.request.path.includes(':')) await held
      await json({ models: [], candidates: [{ content: { parts: [{ text: 'ok' }] } }] })(exchange)
    })
    await page.getByRole('button', { name: 'Test key' }).click()
    const report = page.getByTestId('test-report')
    await report.locator('[data-check=authenticated][data-ok=true]').waitFor()
    expect(
      await report.locator('[data-waiting]').evaluateAll((all) => all.map((e) => e.getAttribute('data-waiting'))),
    ).toEqual(['permitted', 'latency'])
    expect(await report.locator('[data-status]').count()).toBe(0)
    release()
    await report.locator('[data-status=valid]').waitFor()
    await report.locator('[data-check=latency][data-ok=true]').waitFor()
    profile.answer(key, null)
  })
})
