import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { shrinkPng } from './shrink-png.ts'

export interface Shot {
  name: string
  open(page: Page): Promise<unknown>
  /** Only what fits the window: for dialogs, which stand in its middle. */
  window?: boolean
}

/** Opens the page that a series of shots begins with. */
export type Opening = (page: Page) => Promise<unknown>

/** Takes each shot in each look. */
export type Shoot = (opening: Opening, shots: readonly Shot[]) => Promise<void>

/** Longer pages are cut: what follows is more of the same. */
const longest = 2_600

const looks = [
  { name: 'light', width: 1280, height: 900, colorScheme: 'light' },
  { name: 'dark', width: 1280, height: 900, colorScheme: 'dark' },
  { name: 'small', width: 360, height: 740, colorScheme: 'light' },
] as const

/** @param only shots whose name contains it; empty: all */
export function openCamera(browser: Browser, { folder, only }: { folder: string; only: string }): Shoot {
  return async (opening, shots) => {
    const wanted = shots.filter(({ name }) => name.includes(only))
    if (wanted.length === 0) return
    for (const { name: look, width, height, colorScheme } of looks) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
      const page = await context.newPage()
      page.setDefaultTimeout(20_000)
      await opening(page)
      for (const { name, open, window = false } of wanted) {
        await open(page)
        // Where the pointer happens to be, something would be drawn as pointed at.
        await page.mouse.move(0, 0)
        await page.waitForLoadState('networkidle')
        await page.locator('.skeleton, .spinner').first().waitFor({ state: 'detached' })
        const path = join(folder, `${name}-${look}.png`)
        const whole = Number(await page.evaluate('document.documentElement.scrollHeight'))
        const clip = { x: 0, y: 0, width, height: Math.min(window ? height : whole, longest) }
        const picture = await page.screenshot({ clip, fullPage: !window, animations: 'disabled', caret: 'hide' })
        writeFileSync(path, shrinkPng(picture))
      }
      await context.close()
    }
  }
}

/** The page as it is. */
export const asOpened = async () => {}

/** Goes there inside the page, as its own links do. */
export const to = (path: string) => async (page: Page) => {
  await page.keyboard.press('Escape')
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`)
  await page.locator('main h1').waitFor()
}

/** Presses a button, then waits until `appears` is there. */
export const press = (button: string, appears: string) => async (page: Page) => {
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: button }).first().click()
  await page.locator(appears).first().waitFor()
}
