import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openStage, textOf } from './stage.ts'

const stage = openStage('support-inbox')

/** Names that end in what has no direction of its own; the mark that the second ends with is how such names are often pasted. */
const names = ['شركة النور!', 'חברת אור (תל אביב)!\u200F']

/** Whether the name's last visible character stands left of its first: so it is where the name is read from right to left. */
const isInOrder = (page: Page, name: string) =>
  page.evaluate(`(() => {
    const name = ${JSON.stringify(name.replace('\u200F', ''))}
    const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
    const found = []
    while (texts.nextNode()) {
      const start = texts.currentNode.data.indexOf(name)
      if (start < 0) continue
      const [first, last] = [start, start + name.length - 1].map((place) => {
        const range = document.createRange()
        range.setStart(texts.currentNode, place)
        range.setEnd(texts.currentNode, place + 1)
        return range.getBoundingClientRect()
      })
      if (first.width > 1) found.push(last.right <= first.left)
    }
    return found.length > 0 && found.every(Boolean)
  })()`) as Promise<boolean>

describe.each(names)('an organization called %s', (name) => {
  const org = `rtl_${names.indexOf(name)}`

  it('can be saved, and its name stands in order in its own settings', async () => {
    const page = await stage.visit({ org }, { name })
    await expect.poll(() => textOf(page, 'main header')).toContain(name)
    expect(await isInOrder(page, name)).toBe(true)
  })

  it('is found by the operator, in order on every page that names it', async () => {
    await stage.server().putOrg(org, { name })
    await stage.server().putKey(org, 'gemini', 'AIzaSyA-sandbox-quota-000000000000000001234')
    await stage.server().api('POST', `/orgs/${org}/try-out`, { feature: 'chatbot' })
    const page = await stage.operator()
    await page.getByRole('searchbox', { name: 'Search' }).fill(name.slice(0, 4))
    await page.locator(`[data-org=${org}]`).waitFor()
    expect(await isInOrder(page, name)).toBe(true)
    for (const path of ['health', 'live', 'audit', `orgs/${org}/settings`]) {
      await page.goto(`${stage.server().url}/en/operator/${path}`)
      await page.locator('main').getByText(name).first().waitFor()
      expect([path, await isInOrder(page, name)]).toEqual([path, true])
    }
  })
})
