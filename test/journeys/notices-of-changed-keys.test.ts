import { afterAll, beforeAll, expect, it } from 'vitest'
import { readProfile, sandboxPlatformKeys } from '../browser/real-browser.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'

let server: RunningOwnkey
beforeAll(async () => {
  server = await startOwnkey({ config: readProfile('support-inbox'), sandbox: true, env: sandboxPlatformKeys })
})
afterAll(() => server?.close())

const kindsOf = async (org: string) => {
  const { body } = await server.api('GET', `/orgs/${org}/settings`)
  return body.notices.map(({ kind }: { kind: string }) => kind)
}

it('a fallback that is turned off right after it stood in is not told any more', async () => {
  await server.putOrg('acme')
  await server.putKey('acme', 'gemini', 'AIzaSyA-sandbox-quota-00000000000001234')
  const tried = await server.api('POST', '/orgs/acme/try-out', { feature: 'chatbot' })
  expect(tried.body.fallback).toBe('quota_exhausted')
  await server.api('PATCH', '/orgs/acme/keys/gemini', { fallback: false })
  expect(await kindsOf('acme')).toEqual(['key_failing'])
})
