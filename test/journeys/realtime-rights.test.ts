import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { type OpenSocket, open, refusal, type SocketOptions } from '../support/socket-client.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

/** What the operator decides ends open sessions too, as the removal of a key does. */
let ownkey: RunningOwnkey
let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
  upstream.onUpgrade(/./, () => {})
  ownkey = await startOwnkey({ config: config({}) })
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

const soonMs = 5_000

interface Changed {
  openai?: object
  features?: object
}

function config({ openai, features }: Changed): object {
  return {
    providers: { openai: { platformKey: canaryPlatformKey, baseUrl: upstream.origin, ...openai } },
    features: features ?? { assistant: { title: 'Assistant' }, extra: { title: 'Extra', addOn: 'pack' } },
    plans: {
      standard: { verify: 'format_only', fallback: { mode: 'never' } },
      smaller: { verify: 'format_only', features: ['extra'] },
      without: { verify: 'format_only', providers: { openai: 'unavailable' } },
    },
  }
}

let orgs = 0
async function session({
  ownKey = true,
  feature = 'assistant',
  expiresIn = 3_600,
} = {}): Promise<{ org: string; wish: SocketOptions; caller: OpenSocket }> {
  const org = `org-${++orgs}`
  await ownkey.putOrg(org, { addOns: ['pack'] })
  if (ownKey) await ownkey.putKey(org, 'openai', canaryKeys.openai)
  const headers = { authorization: `Bearer ${await ownkey.token({ org, feature, expiresIn })}` }
  const wish = { path: '/openai/v1/realtime?model=gpt-one', headers }
  return { org, wish, caller: await open(ownkey.url, wish) }
}

async function expectEnd(
  { caller }: { caller: OpenSocket },
  reason: RegExp,
  end: () => Promise<unknown>,
): Promise<void> {
  const at = performance.now()
  await end()
  expect(await caller.ended).toEqual({ code: 1008, reason: expect.stringMatching(reason) })
  expect(performance.now() - at).toBeLessThan(soonMs)
}

describe('a session ends within 5 s', () => {
  const changes = [
    ['the plan does not have the feature any more', 'assistant', { plan: 'smaller' }, /^feature_not_in_plan: /],
    ['the plan does not have the provider any more', 'assistant', { plan: 'without' }, /^provider_not_allowed: /],
    ['the add-on of the feature has ended', 'extra', { addOns: [] }, /^add_on_required: /],
  ] as const
  test.each(changes)('when %s', async (_why, feature, fields, reason) => {
    const opened = await session({ feature })
    await expectEnd(opened, reason, () => ownkey.putOrg(opened.org, fields))
  })

  const reloads = [
    ['its model', { openai: { models: { refuse: [{ match: 'gpt-*', reason: 'retired' }] } } }, /^model_refused: /],
    ['its feature', { features: { extra: { title: 'Extra', addOn: 'pack' } } }, /^feature_unknown: /],
  ] as const
  test.each(reloads)('when a new configuration refuses %s', async (_what, changed, reason) => {
    const opened = await session()
    await expectEnd(opened, reason, async () => expect(await ownkey.reload(config(changed))).toBe(true))
    await ownkey.reload(config({}))
  })

  test('when the platform’s key that serves it is changed; one on an own key goes on', async () => {
    const [own, platform] = [await session(), await session({ ownKey: false })]
    await expectEnd(platform, /^The platform’s key was changed\.$/, () =>
      ownkey.reload(config({ openai: { platformKey: `${canaryPlatformKey}2` } })),
    )
    expect(own.caller.websocket.readyState).toBe(own.caller.websocket.OPEN)
    own.caller.websocket.terminate()
    await ownkey.reload(config({}))
  })
})

test('a token that expires opens no new session, and those that it opened go on', async () => {
  const { caller, wish } = await session({ expiresIn: 5 })
  const opensAnother = async () => {
    const again = await refusal(ownkey.url, wish).catch(() => undefined)
    return again?.status
  }
  await expect.poll(opensAnother, { interval: 500 }).toBe(401)
  // All sessions are looked at in turn: those that lose their right meanwhile show that this one was.
  for (const later of [await session(), await session()])
    await expectEnd(later, /^feature_not_in_plan: /, () => ownkey.putOrg(later.org, { plan: 'smaller' }))
  expect(caller.websocket.readyState).toBe(caller.websocket.OPEN)
  caller.websocket.terminate()
})
