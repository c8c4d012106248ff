import { afterEach, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPrompts } from '../support/canary.ts'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { hang, json } from '../support/upstream.ts'

let journey: Journey | undefined
afterEach(async () => {
  await journey?.close()
  journey = undefined
})

interface Row {
  requestId: string
  state: string
}

async function allRequests(running: Journey, org: string): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const { body } = await running.ownkey.api('GET', `/orgs/${org}/requests?limit=200${query}`)
    rows.push(...body.items)
    cursor = body.nextCursor
  } while (cursor !== null)
  return rows
}

const call = (running: Journey, token: string, requestId: string) => {
  const { headers, ...rest } = nativeCalls.openai(token)
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: canaryPrompts[0] }] })
  return rawCall(running.ownkey.url, {
    ...rest,
    body,
    headers: { ...(headers as object), 'ownkey-request-id': requestId },
  })
}

describe.each(databaseKinds)('kill −9 and another start, on %s', (database) => {
  test('lose no key, no acknowledged change, and no entry of a finished request', async () => {
    const running = await startJourney({ process: 'child', database })
    journey = running
    const { ownkey, upstream } = running
    upstream.on(/./, json({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }))
    const { org, token } = await running.newOrg()
    await ownkey.api('POST', `/orgs/${org}/credits`, { amount: 100, reason: 'a test', idempotencyKey: 'grant-1' })
    const finished: string[] = []
    for (let n = 0; n < 40; n++) {
      const id = `done-${n}`
      expect((await call(running, token, id)).status).toBe(200)
      finished.push(id)
    }
    // Acknowledged just before the end: a changed key, a new organization, a revoked token, a request still open.
    await ownkey.putKey(org, 'openai', `${canaryKeys.openai}2`)
    await ownkey.putOrg('latest', { name: 'The latest' })
    const revoked = (await ownkey.api('POST', '/tokens', { kind: 'access', org })).body
    await ownkey.api('DELETE', `/tokens/${revoked.id}`)
    const undo = upstream.on(/./, hang)
    const order = upstream.journal.requests.length
    const open = call(running, token, 'open-1').catch(() => 'gone')
    await upstream.journal.request(order)
    await ownkey.kill9()
    expect(await open).toBe('gone')
    undo()

    await ownkey.restart()
    expect((await ownkey.api('GET', '/orgs/latest')).body.name).toBe('The latest')
    expect((await ownkey.api('GET', `/orgs/${org}/settings`)).body.credits.balance).toBe(100)
    expect((await call(running, revoked.token, 'refused')).header('ownkey-error')).toBe('token_invalid')
    expect((await call(running, token, 'after-1')).status).toBe(200)
    expect(upstream.journal.requests.at(-1)?.header('authorization')).toBe(`Bearer ${canaryKeys.openai}2`)
    for (const provider of ['anthropic', 'gemini', 'elevenlabs', 'sarvam'] as const) {
      expect((await rawCall(ownkey.url, nativeCalls[provider](token))).header('ownkey-key-source')).toBe('organization')
    }
    const settled = async () =>
      (await allRequests(running, org)).filter((row) => row.state === 'settled').map((row) => row.requestId)
    await expect
      .poll(async () => (await settled()).filter((id) => id.startsWith('done-')).sort(), { timeout: 20_000 })
      .toEqual(finished.sort())
    await expect.poll(async () => (await settled()).includes('after-1'), { timeout: 20_000 }).toBe(true)
    // The one that was open is in the books too, once, whatever became of it.
    await expect
      .poll(async () => (await allRequests(running, org)).filter((row) => row.requestId === 'open-1').length, {
        timeout: 20_000,
      })
      .toBe(1)
    const audit = await ownkey.api('GET', `/orgs/${org}/audit`)
    expect(audit.body.items.length).toBeGreaterThan(5)
  }, 90_000)
})
