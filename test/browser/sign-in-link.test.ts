import { describe, expect, it } from 'vitest'
import { openStage } from './stage.ts'

const stage = openStage('support-inbox')

const link = async (org: string): Promise<string> => {
  await stage.server().putOrg(org)
  return (await stage.server().api('POST', '/sessions', { org, user: { id: 'u_1', role: 'owner' } })).body.url
}

describe('a sign-in link', () => {
  it.each([
    ['the network is away', undefined],
    ['a proxy answers in its place', 429],
  ])('that did not reach the server, because %s, can be tried again', async (_, status) => {
    const page = await stage.blank()
    await page.route('**/sessions/exchange', (route) => (status ? route.fulfill({ status, body: '' }) : route.abort()))
    await page.goto(await link(`away_${status ?? 0}`))
    await page.locator('[data-reason=unreachable]').waitFor()
    await page.unroute('**/sessions/exchange')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByTestId('at-a-glance').waitFor()
    expect(page.url()).not.toContain('code')
  })

  it.each([
    ['short', 'okn_'],
    ['long', 'x'.repeat(2_000)],
  ])('that is too %s to be one is told as one that no longer works', async (_, code) => {
    const page = await stage.blank()
    await page.goto(`${stage.server().url}/signin?code=${code}`)
    await page.locator('[data-reason=used]').waitFor()
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0)
  })
})
