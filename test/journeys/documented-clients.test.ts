import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findProvider } from '../../src/providers/index.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'

/** Clients that the page about the providers tells to be set up in a certain way, made from the page's own words. */

let ownkey: RunningOwnkey
beforeAll(async () => {
  ownkey = await startOwnkey({
    sandbox: true,
    config: { providers: { bedrock: {} }, plans: { standard: { verify: 'format_only', fallback: { mode: 'never' } } } },
  })
})
afterAll(() => ownkey?.close())

test('the page’s client of AWS’s SDK works on a plain address as it is written there', async () => {
  const note = findProvider('bedrock')?.notes?.find((one) => one.includes('NodeHttpHandler')) ?? ''
  const written = /`(new BedrockRuntimeClient\(.*?\}\))`/.exec(note)?.[1] ?? ''
  await ownkey.putOrg('aws')
  await ownkey.putKey('aws', 'bedrock', `ABSKsandbox-ok-${'0'.repeat(120)}`)
  const here = written.replace('http://127.0.0.1:8787', ownkey.url).replace('okt_…', await ownkey.token({ org: 'aws' }))
  expect(here).toContain(`endpoint: '${ownkey.url}/bedrock'`)
  const make = new Function('BedrockRuntimeClient', 'NodeHttpHandler', `return ${here}`)
  const client = make(BedrockRuntimeClient, NodeHttpHandler) as BedrockRuntimeClient
  const { output } = await client.send(
    new ConverseCommand({ modelId: 'amazon.nova-micro-v1:0', messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }),
  )
  expect(output?.message?.content?.[0]?.text).toContain('sandbox')
})
