import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { changeEventSchema, noticeEventSchema } from '../../src/contract/index.ts'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { json, type RecordedRequest, startUpstream, type Upstream } from '../support/upstream.ts'

const secret = `whsec_${Buffer.from('the webhook secret of the journey').toString('base64')}`

let journey: Journey
let receiver: Upstream
beforeAll(async () => {
  receiver = await startUpstream()
  receiver.on('/hook', json({}))
  journey = await startJourney({
    process: 'child',
    database: 'postgres',
    env: { WEBHOOK_SECRET: secret },
    more: {
      webhooks: [{ url: `${receiver.origin}/hook`, secret: '${WEBHOOK_SECRET}', events: ['notice.*', 'key.*'] }],
    },
  })
})
afterAll(async () => {
  await journey?.close()
  await receiver?.close()
})

/** Asks until the answer is there; the suite's own limit ends a wait for what never comes. */
async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const read = (request: RecordedRequest) => JSON.parse(request.body().toString())
const told = (type: string, org: string) =>
  receiver.journal.requests.find((request) => read(request).type === type && read(request).data.org === org)
const notices = async (org: string, state: string) =>
  (await journey.ownkey.api('GET', `/orgs/${org}/notices?state=${state}`)).body.items as {
    id: string
    kind: string
    count: number
    facts: Record<string, unknown>
    openedAt: string
  }[]
const stored = async (org: string, kind: string, state = 'open') =>
  (await notices(org, state)).find((notice) => notice.kind === kind && !notice.id.startsWith('now_'))

const outage = json({ error: { message: 'overloaded' } }, { status: 503 })
const isOwn = (request: RecordedRequest) => request.header('authorization') === `Bearer ${canaryKeys.openai}`

describe('an outage of the provider', () => {
  test('shows that fallback is active, since when, why and how often, until the own key works again', async () => {
    const { org, token } = await journey.newOrg('falling')
    const undo = [journey.upstream.on(/./, json({ served: true })), journey.upstream.on(isOwn, outage)]
    for (let call = 0; call < 3; call++) {
      const answer = await rawCall(journey.ownkey.url, nativeCalls.openai(token))
      expect([answer.status, answer.header('ownkey-fallback')]).toEqual([200, 'provider_error'])
    }
    const open = await eventually(async () => {
      const notice = await stored(org, 'fallback_active')
      return notice?.count === 3 ? notice : undefined
    })
    expect(open.facts).toMatchObject({ errorClass: 'provider_error', environment: 'production' })
    expect(Date.parse(open.openedAt)).toBeLessThanOrEqual(Date.now())
    const opened = await eventually(() => told('notice.opened', org))
    expect(new Webhook(secret).verify(opened.body().toString(), Object.fromEntries(signed(opened)))).toMatchObject({
      data: { org, kind: 'fallback_active', provider: 'openai' },
    })
    const settings = (await journey.ownkey.api('GET', `/orgs/${org}/settings`)).body
    const shown = settings.providers.find(({ id }: { id: string }) => id === 'openai')
    expect(shown.keys[0].status).toBe('network')

    undo.pop()?.()
    await rawCall(journey.ownkey.url, nativeCalls.openai(token))
    await eventually(async () => ((await notices(org, 'open')).length === 0 ? true : undefined))
    expect(await stored(org, 'fallback_active', 'resolved')).toMatchObject({ id: open.id, count: 3 })
    expect(read(await eventually(() => told('notice.resolved', org))).data).toMatchObject({ id: open.id })
    undo.pop()?.()
  })

  test('without fallback says that the key fails, and a replaced key closes it at once', async () => {
    const { org, token } = await journey.newOrg('standard')
    const undo = journey.upstream.on(/./, json({ error: { code: 'invalid_api_key' } }, { status: 401 }))
    await rawCall(journey.ownkey.url, nativeCalls.openai(token))
    const open = await eventually(() => stored(org, 'key_failing'))
    expect(open.facts).toMatchObject({ errorClass: 'invalid_key' })
    await journey.ownkey.putKey(org, 'openai', `${canaryKeys.openai.slice(0, -4)}wxyz`)
    expect(await stored(org, 'key_failing')).toBeUndefined()
    undo()
  })
})

test('an event of a change is delivered by the next process when the one that made it is killed', async () => {
  const { org } = await journey.newOrg()
  await eventually(() => told('key.set', org))
  let hung: () => void = () => {}
  const arrived = new Promise<void>((resolve) => {
    hung = resolve
  })
  const undo = receiver.on('/hook', () => {
    hung()
    return new Promise(() => {})
  })
  const disabled = await journey.ownkey.api('POST', `/orgs/${org}/keys/openai/disable`)
  expect(disabled.status).toBe(200)
  await arrived
  await journey.ownkey.kill9()
  undo()
  const [first] = receiver.journal.requests.slice(-1)
  const from = receiver.journal.requests.length
  await journey.ownkey.restart()
  // The killed process's lease runs out by itself; the same message comes again.
  const again = await eventually(() =>
    receiver.journal.requests
      .slice(from)
      .find((request) => request.header('webhook-id') === first!.header('webhook-id')),
  )
  expect(again.body().toString()).toBe(first!.body().toString())
  const { body } = await journey.ownkey.api('GET', '/webhooks')
  expect(body.items).toMatchObject([{ host: new URL(receiver.origin).host, events: ['notice.*', 'key.*'], dead: 0 }])
  expect(JSON.stringify(body)).not.toContain('/hook')
}, 90_000)

test('a dead letter is listed, and sent again when the operator says so', async () => {
  const { org } = await journey.newOrg()
  const undo = receiver.on('/hook', json({}, { status: 410 }))
  await journey.ownkey.api('POST', `/orgs/${org}/keys/openai/disable`)
  const dead = await eventually(async () =>
    (await journey.ownkey.api('GET', `/webhooks/deliveries?state=dead&org=${org}`)).body.items.find(
      ({ type }: { type: string }) => type === 'key.disable',
    ),
  )
  expect(dead).toMatchObject({ type: 'key.disable', lastStatus: 410, lastError: 'gone', nextAt: null })
  undo()
  const replayed = await journey.ownkey.api('POST', `/webhooks/deliveries/${dead.id}/replay`)
  expect(replayed.body).toMatchObject({ state: 'pending', attempts: 0 })
  await eventually(async () =>
    (await journey.ownkey.api('GET', `/webhooks/deliveries?state=delivered&org=${org}`)).body.items.find(
      ({ id }: { id: string }) => id === dead.id,
    ),
  )
  const { replayed: others } = (await journey.ownkey.api('POST', '/webhooks/replay', {})).body
  expect(others).toBeGreaterThanOrEqual(0)
  expect((await journey.ownkey.api('GET', '/webhooks/deliveries?state=dead')).body.items).toEqual([])
  expect((await journey.ownkey.api('POST', '/webhooks/deliveries/dlv_none/replay')).status).toBe(404)
})

test('whatever was delivered is as the API’s description says', () => {
  const bodies = receiver.journal.requests.map(read)
  const types = new Set(bodies.map(({ type }) => type))
  expect(types).toEqual(new Set(['key.set', 'key.replace', 'key.disable', 'notice.opened', 'notice.resolved']))
  for (const body of bodies)
    expect(
      String(body.type).startsWith('notice.')
        ? exact(noticeEventSchema).parse(body)
        : exact(changeEventSchema).parse(body),
    ).toEqual(body)
})

/** A schema that also refuses what it does not name. */
function exact<Schema extends z.ZodObject<{ data: z.ZodObject }>>(schema: Schema) {
  return z.strictObject({ ...schema.shape, data: z.strictObject(schema.shape.data.shape) })
}

function signed(request: RecordedRequest): [string, string][] {
  return ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, request.header(name) ?? ''])
}
