import type { Page } from 'playwright-core'

/** Every page of a member's, behind the locale. */
export const memberPages = ['settings', 'usage', 'requests', 'audit']

/** Every page of the operator's; the organization `acme` has to be there. */
export const operatorPages = [
  'operator',
  'operator/health',
  'operator/platform-keys',
  'operator/live',
  'operator/audit',
  'operator/webhooks',
  'operator/sessions',
  'operator/config',
  'operator/orgs/acme/settings',
  'operator/orgs/acme/usage',
]

/** Goes there inside the page, as its own links do, and waits until what is shown has come: until then the page before is. */
export async function go(page: Page, path: string): Promise<void> {
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`)
  await page.locator(`nav a[aria-current=page][href="${path}"]`).waitFor()
  await page.locator('main h1').waitFor()
  await page.waitForLoadState('networkidle')
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
}
