import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowOrigins, type HostPage, openHostPage } from './host-page.ts'
import { openStage } from './stage.ts'

const profile = 'agent-builder'
const stage = openStage(profile)
const plan = { plan: 'hosted' }
const forcedColors = 'active'

/** How each of them is outlined, each way once. @param place where they are: the document, or a widget's own */
const outlines = (page: Page, selector: string, place = 'document') =>
  page.evaluate(
    `[...new Set([...${place}.querySelectorAll('${selector}')].map((one) => getComputedStyle(one).outlineStyle))]`,
  )

describe('in forced colors, which take backgrounds away', () => {
  let host: HostPage
  beforeAll(async () => {
    host = await openHostPage(stage.server())
    await allowOrigins(stage.server(), profile, [host.origin])
  })
  afterAll(() => host?.close())

  it('lines stand between what is listed side by side', async () => {
    const page = await stage.visit({ org: 'lines' }, plan, { forcedColors })
    const rows = page.getByTestId('provider-list').locator('li[data-provider]')
    expect(await rows.count()).toBeGreaterThan(6)
    expect(await outlines(page, '[data-testid=provider-list] li[data-provider]')).toEqual(['solid'])
    await page.getByRole('link', { name: 'Usage' }).click()
    await page.locator('main dl > div').first().waitFor()
    expect(await outlines(page, 'main dl > div')).toEqual(['solid'])
  })

  it('banners have an outline, in the widget too', async () => {
    await stage.server().putOrg('banners', plan)
    await stage.server().putKey('banners', 'openai', 'sk-proj-sandbox-ok-00000000000000000000000000001111', {
      rotateBy: '2020-02-02',
    })
    const page = await stage.visit({ org: 'banners' }, plan, { forcedColors })
    await page.locator('[data-notice]').waitFor()
    expect(await outlines(page, '[data-notice]')).toEqual(['solid'])
    host.signIn({ org: 'banners', user: { id: 'u_ada', role: 'owner' } })
    const product = await stage.blank({ forcedColors })
    await product.goto(host.origin)
    await product.locator('[data-notice]').waitFor()
    const widget = `document.querySelector('ownkey-settings').shadowRoot`
    expect(await outlines(product, '[data-notice], [data-status=valid]', widget)).toEqual(['solid'])
  })
})
