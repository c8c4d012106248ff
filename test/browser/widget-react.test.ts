import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build, type Rollup } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowOrigins } from './host-page.ts'
import { openStage } from './stage.ts'

const profile = 'agent-builder'
const stage = openStage(profile)

let host: Server
let origin = ''
beforeAll(async () => {
  const script = await bundle()
  const { url } = stage.server()
  const pages: Record<string, () => Promise<{ type: string; body: string }>> = {
    '/': async () => ({
      type: 'text/html',
      body: `<!doctype html><body data-org="react" data-api="${url}"><div id=root></div><script src="/app.js"></script><script src="${url}/widget.js"></script>`,
    }),
    '/app.js': async () => ({ type: 'text/javascript', body: script }),
    '/token': async () => {
      const person = { org: 'react', user: { id: 'u_1', role: 'owner' } }
      return { type: 'text/plain', body: (await stage.server().api('POST', '/sessions', person)).body.token }
    },
  }
  host = createServer(async (request, response) => {
    const page = await pages[request.url ?? '']?.()
    response.writeHead(page ? 200 : 404, { 'content-type': page?.type ?? 'text/plain' }).end(page?.body)
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
  await allowOrigins(stage.server(), profile, [origin])
}, 60_000)
afterAll(() => {
  host.closeAllConnections()
  host.close()
})

async function bundle(): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      lib: {
        entry: fileURLToPath(new URL('../../console/test/react-host.tsx', import.meta.url)),
        formats: ['iife'],
        name: 'product',
      },
    },
  })) as Rollup.RollupOutput[]
  return result[0]?.output[0].code ?? ''
}

describe('the widget in React', () => {
  it('shows both elements although the script comes after them, and calls back', async () => {
    await stage.server().putOrg('react', { plan: 'hosted' })
    await stage.server().putKey('react', 'gemini', 'AIzaSyA-sandbox-ok-000000000000000001234')
    const page = await stage.blank()
    await page.goto(origin)
    await page.locator('ownkey-usage [data-meter=image_recognition]').waitFor()
    await expect.poll(() => page.locator('[data-meter]').count()).toBe(1)
    await page.getByRole('button', { name: 'Remove key' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove key' }).click()
    await page.locator('output', { hasText: 'remove' }).waitFor()
    await expect.poll(() => page.locator('ownkey-settings').getAttribute('theme')).toBe('light')
  })
})
