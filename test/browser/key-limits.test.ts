import { afterAll, describe, expect, it } from 'vitest'
import { type RunningProfile, startProfile } from '../support/profile.ts'
import { json } from '../support/upstream.ts'
import { openStage, textOf } from './stage.ts'

let profile: RunningProfile
const stage = openStage('customer-research', async () => {
  profile = await startProfile('customer-research', { database: 'embedded' })
  return profile.ownkey
})
afterAll(() => profile.upstream.close())

const limits = {
  'current-concurrent-requests': '4',
  'maximum-concurrent-requests': '5',
  'x-ratelimit-limit-requests': '60',
}

describe('a key whose account is slow', () => {
  it('KJ10 is explained by the limits that the provider’s own headers tell', async () => {
    const key = profile.newKey('elevenlabs')
    profile.answer(key, json({ subscription: {}, models: [] }, { headers: limits }))
    const page = await stage.visit(
      { org: 'slow', role: 'member', user: 'u_kim' },
      { plan: 'insights', byokEnabled: true },
    )
    await page.getByRole('button', { name: 'Add provider key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Provider', { exact: true }).selectOption('elevenlabs')
    await dialog.getByRole('textbox', { name: 'API key' }).fill(key)
    await dialog.getByRole('button', { name: 'Test connection' }).click()
    await page.locator('[data-testid=test-report] [data-status]').waitFor()
    const report = await textOf(page, '[data-check=latency]')
    for (const [name, value] of Object.entries(limits)) expect(report).toContain(`${name} ${value}`)
  })
})
