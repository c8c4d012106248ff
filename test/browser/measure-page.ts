/**
 * `npm run bench:page`: how long until the settings page can be used, on a CPU four times slower than this machine's, with
 * an empty cache; and how much script it took. It reports and judges nothing: such times belong to the machine.
 */
import type { Page } from 'playwright-core'
import { startOwnkey } from '../support/running-server.ts'
import { launchBrowser, readProfile, sandboxPlatformKeys } from './real-browser.ts'

const budget = { interactiveMs: 1_500, scriptBytes: 200_000 }
const rounds = 5
const slowdown = 4

const server = await startOwnkey({ config: readProfile('support-inbox'), sandbox: true, env: sandboxPlatformKeys })
const browser = await launchBrowser()
try {
  await server.putOrg('acme', { name: 'Acme' })
  await server.putKey('acme', 'gemini', 'AIzaSyA-sandbox-ok-000000000000000001234')
  const times: number[] = []
  let scriptBytes = 0
  for (let round = 0; round < rounds; round += 1) {
    const context = await browser.newContext()
    const page = await context.newPage()
    const { body } = await server.api('POST', '/sessions', { org: 'acme', user: { id: 'u_1', role: 'owner' } })
    await throttle(page)
    await page.goto(body.url)
    await page.getByTestId('key-card').getByRole('button', { name: 'Replace key' }).waitFor()
    times.push(Math.round(Number(await page.evaluate('performance.now()'))))
    scriptBytes = Number(
      await page.evaluate(
        `performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).reduce((sum, one) => sum + one.encodedBodySize, 0)`,
      ),
    )
    await context.close()
  }
  const median = times.sort((one, other) => one - other)[Math.floor(rounds / 2)]
  process.stdout.write(
    `${JSON.stringify({ slowdown, interactiveMs: { median, all: times, budget: budget.interactiveMs }, scriptBytes: { gzip: scriptBytes, budget: budget.scriptBytes } }, null, 2)}\n`,
  )
} finally {
  await browser.close()
  await server.close()
}

async function throttle(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
}
