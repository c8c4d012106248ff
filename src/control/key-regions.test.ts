import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type RunningControl, startControl } from '../../test/support/start-control.ts'

const plans = (eu: string) => `
platform: { name: Acme }
providers:
  anthropic: { baseUrl: UPSTREAM }
  gemini: { baseUrl: UPSTREAM, region: eu }
features: { chat: { title: Chat, capability: chat } }
plans:
  anywhere: { providers: { "*": optional } }
  eu: { providers: { "*": optional }, rotation: { overlapHours: 24 }${eu} }
  two: { providers: { "*": optional }, regions: [us, eu, mars] }
  global: { providers: { "*": optional }, regions: [global] }
`
const restricted = plans(', regions: [eu]')

describe('a plan that says where data may go', () => {
  let control: RunningControl
  let keys = 0
  const key = (provider: string) =>
    ({ openai: `sk-proj-sandbox-ok-${'r'.repeat(30)}`, deepgram: `${'d'.repeat(20)}sandbox-ok` })[provider] +
    `${keys++}`
  const call = (org: string, method: string, path: string, body?: unknown) =>
    control.call(method, `/api/v1/orgs/${org}${path}`, { body })
  const put = (org: string, provider: string, body: object = {}) =>
    call(org, 'PUT', `/keys/${provider}`, { key: key(provider), ...body })
  const decided = async (org: string, provider: string) => {
    const { attempts, refusal } = (await call(org, 'POST', '/explain', { feature: 'chat', provider })).body
    return attempts[0] ? [attempts[0].host, attempts[0].region] : refusal.code
  }
  const told = ({ status, body }: Answer) => [status, body.code, body.fix]
  const card = async (org: string, provider: string) =>
    (await call(org, 'GET', '/settings')).body.providers.find(({ id }: { id: string }) => id === provider)

  beforeAll(async () => {
    control = await startControl({ config: restricted, sandbox: true })
    for (const plan of ['anywhere', 'eu', 'two', 'global']) await control.org(plan, { plan })
  })
  afterAll(() => control?.close())

  it('takes the only region that it allows where none is named, and the key serves there', async () => {
    const saved = await put('eu', 'openai')
    expect([saved.status, saved.body.status, saved.body.region, saved.body.host]).toEqual([
      200,
      'valid',
      'eu',
      'eu.api.openai.com',
    ])
    expect(await decided('eu', 'openai')).toEqual(['eu.api.openai.com', 'eu'])
    const tested = await call('eu', 'POST', '/keys/openai/test', { key: key('openai') })
    expect([tested.status, tested.body.status]).toEqual([200, 'valid'])
  })

  it('asks which one where it allows several, for a test as for a save, and saves nothing', async () => {
    const wanted = [403, 'region_not_allowed', 'Choose one of these regions: us, eu.']
    expect(told(await put('two', 'openai'))).toEqual(wanted)
    expect(told(await call('two', 'POST', '/keys/openai/test', { key: key('openai') }))).toEqual(wanted)
    expect((await card('two', 'openai')).keys).toEqual([])
    expect((await put('two', 'openai', { region: 'us' })).body.host).toBe('us.api.openai.com')
    expect(await decided('two', 'openai')).toEqual(['us.api.openai.com', 'us'])
    // The replacement stays with the region that was chosen.
    expect((await put('two', 'openai')).body.region).toBe('us')
  })

  it('keeps to the provider’s own host where that is allowed, and chooses no other', async () => {
    expect((await put('global', 'openai')).body).toMatchObject({ region: null, host: 'api.openai.com' })
    expect(await decided('global', 'openai')).toEqual(['api.openai.com', 'global'])
    expect(told(await put('global', 'openai', { region: 'eu' })).slice(0, 2)).toEqual([403, 'region_not_allowed'])
  })

  it('refuses a provider that has no host there, with the reason', async () => {
    const refused = await call('eu', 'PUT', '/keys/groq', { key: `gsk_sandbox-ok-${'g'.repeat(40)}` })
    expect(refused.body).toMatchObject({
      status: 403,
      code: 'region_not_allowed',
      detail: 'This Groq key would send data to the region “global”, and the plan allows only: eu.',
      fix: 'Use another provider, or ask the platform for a plan that allows a region of Groq.',
      facts: { abroad: 'Groq', provider: 'Groq', region: 'global', regions: 'eu' },
    })
  })

  it('knows an address that somebody gave only by what they said of it', async () => {
    const baseUrl = 'https://llm.example.com'
    expect(told(await put('eu', 'openai', { baseUrl })).slice(0, 2)).toEqual([403, 'region_not_allowed'])
    expect((await put('eu', 'openai', { baseUrl, region: 'eu' })).body.host).toBe('llm.example.com')
    expect((await call('eu', 'PATCH', '/keys/openai', { baseUrl: `${baseUrl}/v1` })).body).toMatchObject({
      baseUrl: `${baseUrl}/v1`,
      region: 'eu',
    })
    // The operator says that Gemini's address lies in the EU, and nothing of Anthropic's.
    expect((await call('eu', 'PUT', '/keys/gemini', { key: `AIzaSy-sandbox-ok-${'g'.repeat(21)}` })).status).toBe(200)
    expect((await decided('eu', 'gemini'))[1]).toBe('eu')
    const unknown = await call('eu', 'PUT', '/keys/anthropic', { key: `sk-ant-api03-sandbox-ok-${'a'.repeat(80)}` })
    expect(told(unknown).slice(0, 2)).toEqual([403, 'region_not_allowed'])
  })

  it('tells pages what may be chosen', async () => {
    const offers = async (org: string, provider: string) => {
      const { host, hostAllowed, regions } = await card(org, provider)
      const allowed = regions.filter((one: { allowed: boolean }) => one.allowed).map(({ id }: { id: string }) => id)
      return [host !== null, hostAllowed, allowed]
    }
    expect(await offers('eu', 'openai')).toEqual([true, false, ['eu']])
    expect(await offers('eu', 'gemini')).toEqual([true, true, []])
    expect(await offers('eu', 'groq')).toEqual([true, false, []])
    expect(await offers('eu', 'azure-openai')).toEqual([false, false, []])
    expect(await offers('anywhere', 'azure-openai')).toEqual([false, true, []])
    expect(await offers('global', 'openai')).toEqual([true, true, []])
  })

  it('says of a key that was saved before the rule what every request is told, whoever tests it', async () => {
    control.reload(plans(''))
    await control.org('early', { plan: 'eu' })
    expect((await put('early', 'openai')).body).toMatchObject({ region: null, status: 'valid' })
    control.reload(restricted)
    expect(await decided('early', 'openai')).toBe('region_not_allowed')
    expect(told(await call('early', 'POST', '/keys/openai/test'))).toEqual([
      403,
      'region_not_allowed',
      'Choose one of these regions: eu.',
    ])
    expect((await put('early', 'openai')).body.region).toBe('eu')
    expect(await decided('early', 'openai')).toEqual(['eu.api.openai.com', 'eu'])
  })
  it('puts no key back, and enables none, that it would never let serve, and leaves what serves as it is', async () => {
    control.reload(plans(''))
    await control.org('moved', { plan: 'eu' })
    await put('moved', 'openai')
    control.reload(restricted)
    expect((await put('moved', 'openai', { region: 'eu' })).body.restorable).toMatchObject({ allowed: false })
    const wanted = [403, 'region_not_allowed', 'Choose one of these regions: eu.']
    expect(told(await call('moved', 'POST', '/keys/openai/restore'))).toEqual(wanted)
    expect((await card('moved', 'openai')).keys[0]).toMatchObject({ region: 'eu', state: 'active', version: 2 })
    expect(await decided('moved', 'openai')).toEqual(['eu.api.openai.com', 'eu'])

    control.reload(plans(''))
    expect((await card('moved', 'openai')).keys[0].restorable).toMatchObject({ allowed: true })
    expect((await call('moved', 'POST', '/keys/openai/restore')).body).toMatchObject({ region: null, version: 3 })
    await call('moved', 'POST', '/keys/openai/disable')
    expect((await card('moved', 'openai')).keys[0].hostAllowed).toBe(true)
    control.reload(restricted)
    expect((await card('moved', 'openai')).keys[0].hostAllowed).toBe(false)
    expect(told(await call('moved', 'POST', '/keys/openai/enable'))).toEqual(wanted)
    expect((await card('moved', 'openai')).keys[0].state).toBe('disabled')
    expect((await call('moved', 'DELETE', '/keys/openai')).status).toBe(204)
  })
})
