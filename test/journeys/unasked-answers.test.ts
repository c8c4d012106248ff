import { expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { startOwnkey } from '../support/running-server.ts'
import { plainAnswer } from '../support/wire-answers.ts'
import { startWireServer } from '../support/wire-server.ts'

test('what a provider says too late on one organization’s connection reaches no other one', async () => {
  const provider = await startWireServer()
  const ownkey = await startOwnkey({
    config: {
      providers: { openai: { platformKey: canaryPlatformKey, baseUrl: provider.origin } },
      features: { assistant: { title: 'Assistant' } },
      plans: { standard: { verify: 'format_only' } },
    },
  })
  const ask = async (org: string) => {
    const token = await ownkey.token({ org, feature: 'assistant' })
    return () => rawCall(ownkey.url, nativeCalls.openai(token))
  }
  await ownkey.putOrg('own-key')
  await ownkey.putKey('own-key', 'openai', canaryKeys.openai)
  for (const org of ['one', 'two']) await ownkey.putOrg(org)
  const [first, ...others] = await Promise.all([ask('one'), ask('two'), ask('own-key')])

  const asked = first()
  const peer = await provider.peer(0)
  await peer.requests(1)
  await peer.say(plainAnswer('{"of":"one"}'))
  expect((await asked).text).toBe('{"of":"one"}')

  const waiting = others.map((other) => other())
  const peers = await Promise.all([provider.peer(1), provider.peer(2)])
  for (const each of peers) await each.requests(1)
  await peer.say(plainAnswer('{"of":"one","again":true}'))
  await peer.gone
  for (const each of peers) await each.say(plainAnswer('{"of":"another"}'))
  expect((await Promise.all(waiting)).map(({ text }) => text)).toEqual(['{"of":"another"}', '{"of":"another"}'])
  await ownkey.close()
  await provider.close()
})
