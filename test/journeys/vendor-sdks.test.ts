import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalogue } from '../../src/providers/index.ts'
import { fiveProviders } from '../support/journey.ts'
import { type AnswerRecorder, recordAnswers } from '../support/record-answers.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { type VendorSdk, vendorSdks } from '../support/vendor-calls.ts'

const failing = ['invalid', 'expired', 'permission', 'quota', 'rate', 'down'] as const
type Behaviour = (typeof failing)[number] | 'ok' | 'midstream'
const classOf = {
  invalid: 'invalid_key',
  expired: 'invalid_key',
  permission: 'permission_denied',
  quota: 'quota_exhausted',
  rate: 'rate_limited',
  down: 'provider_error',
} as const
const vendors = Object.keys(vendorSdks)
const sdkOf = (vendor: string) => vendorSdks[vendor] as VendorSdk

let ownkey: RunningOwnkey
let between: AnswerRecorder
const tokens = new Map<string, string>()
const to = (behaviour: Behaviour) => ({ url: between.url, token: tokens.get(behaviour) as string })
const last = () => between.heads.at(-1)
const told = (name: string) => last()?.header(`ownkey-${name}`)

beforeAll(async () => {
  ownkey = await startOwnkey({
    sandbox: true,
    config: {
      providers: {
        // The host of a resource is the customer's; here the operator names one for all.
        'azure-openai': { baseUrl: 'https://my-resource.openai.azure.com' },
        'own-server': { like: 'openai', baseUrl: 'https://llm.acme.test', title: 'Own server' },
      },
      features: { assistant: { title: 'Assistant' } },
      plans: { standard: { verify: 'format_only', fallback: { mode: 'never' } } },
    },
  })
  between = await recordAnswers(ownkey.url)
  await Promise.all(
    (['ok', 'midstream', ...failing] as const).map(async (behaviour) => {
      await ownkey.putOrg(behaviour)
      for (const vendor of vendors)
        await ownkey.putKey(behaviour, vendor, `${sdkOf(vendor).prefix}sandbox-${behaviour}-${'0'.repeat(24)}`)
      tokens.set(behaviour, await ownkey.token({ org: behaviour, feature: 'assistant' }))
    }),
  )
}, 120_000)
afterAll(async () => {
  await between?.close()
  await ownkey?.close()
})

const failureOf = (call: Promise<unknown>) =>
  call.then(
    (answer) => {
      throw new Error(`it answered ${JSON.stringify(answer)?.slice(0, 200)}`)
    },
    (error: unknown) => error,
  )

test('every row of the catalogue is called by an SDK, here or in official-sdks.test.ts', () => {
  const called = new Set([...vendors, ...fiveProviders])
  expect(catalogue.map(({ id }) => id).filter((id) => !called.has(id))).toEqual([])
})

describe.each(vendors)('the SDK for %s', (vendor) => {
  const { calls, errorOf, statusOf, untold = [] } = sdkOf(vendor)
  const names = Object.keys(calls)

  test.each(names)('%s: on the own key', async (name) => {
    const answer = await calls[name]?.(to('ok'))
    expect(typeof answer === 'string' ? answer : JSON.stringify(answer)).toContain('sandbox')
    expect([last()?.status, told('key-source'), told('provider'), told('error')]).toEqual([
      200,
      'organization',
      vendor,
      undefined,
    ])
  })

  test.each(failing)('a key that is %s raises the SDK’s own error, on every surface', async (behaviour) => {
    for (const name of names) {
      const error = await failureOf(calls[name]?.(to(behaviour)) as Promise<unknown>)
      const { status = 0 } = last() ?? {}
      expect([name, status >= 400, told('error')]).toEqual([name, true, classOf[behaviour]])
      expect(error, name).toBeInstanceOf(errorOf(status))
      if (statusOf(error) !== undefined) expect(statusOf(error)).toBe(status)
    }
  })

  test.each(names.filter((name) => name.endsWith('stream')))('%s: one that breaks off is an error', async (name) => {
    expect(await failureOf(calls[name]?.(to('midstream')) as Promise<unknown>)).toBeInstanceOf(Error)
  })

  test.each(names.filter((name) => !untold.includes(name)))('%s: its counts stand in the books', async (name) => {
    const org = `${vendor}-${name.replaceAll(' ', '-')}`
    await ownkey.putOrg(org)
    await ownkey.putKey(org, vendor, `${sdkOf(vendor).prefix}sandbox-ok-${'0'.repeat(24)}`)
    await calls[name]?.({ url: between.url, token: await ownkey.token({ org, feature: 'assistant' }) })
    const entries = async () => (await ownkey.api('GET', `/orgs/${org}/requests`)).body.items
    await expect.poll(async () => (await entries())[0]?.status).toBe(200)
    const [entry] = await entries()
    expect(entry).toMatchObject({ provider: vendor, keySource: 'organization', estimated: false })
    expect(entry.inputTokens, JSON.stringify(entry)).toBeGreaterThan(0)
  })
})
