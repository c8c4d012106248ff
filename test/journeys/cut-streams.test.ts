/** C9: what a caller reads whose stream takes longer than the server waits at its end. */
import { expect, test } from 'vitest'
import { startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { openCall } from '../support/raw-call.ts'
import { hang, head, script, write } from '../support/upstream.ts'

const beginning = 'data: {"choices":[]}\n\n'

test('streams that the server cuts at its end close with an error event of their dialect, and are settled', async () => {
  const journey = await startJourney()
  const { ownkey, upstream } = journey
  upstream.on(/./, script(head(200, { 'content-type': 'text/event-stream' }), write(beginning), hang))
  const { token } = await journey.newOrg()
  const calls = {
    chat: nativeCalls.openai(token),
    responses: { ...nativeCalls.openai(token), path: '/openai/v1/responses' },
    anthropic: nativeCalls.anthropic(token),
    gemini: nativeCalls.gemini(token),
    sarvam: nativeCalls.sarvam(token),
  }
  const read = async (call: Parameters<typeof openCall>[1]) => {
    const answer = await openCall(ownkey.url, call)
    let text = ''
    answer
      .on('error', () => {})
      .on('data', (bytes) => {
        text += bytes
        if (text.startsWith(beginning)) begun()
      })
    let begun = () => {}
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve
    })
    const over = new Promise<string>((resolve) => answer.once('close', () => resolve(text)))
    await hasBegun
    return { over, answer }
  }
  const streams = await Promise.all(Object.values(calls).map(read))
  await ownkey.restart()
  const said = await Promise.all(streams.map(({ over }) => over))
  const [chat, responses, anthropic, gemini, sarvam] = said.map((text) => text.slice(beginning.length)) as [
    string,
    string,
    string,
    string,
    string,
  ]
  expect(streams.map(({ answer }) => answer.complete)).toEqual([false, false, false, false, false])
  const dataOf = (text: string) => JSON.parse(text.split('data: ').at(-1) as string)
  expect(dataOf(chat).error).toMatchObject({ code: 'unavailable', type: 'server_error' })
  expect(responses).toMatch(/^\n\nevent: error\ndata: /)
  expect(dataOf(responses)).toMatchObject({ type: 'error', code: 'unavailable' })
  expect(anthropic).toMatch(/^\n\nevent: error\ndata: /)
  expect(dataOf(anthropic)).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
  expect(dataOf(gemini).error).toMatchObject({ code: 503, status: 'UNAVAILABLE' })
  expect(dataOf(sarvam).error.code).toBe('unavailable')
  await ownkey.atRest(async (database) => {
    expect(await database.query('select state, count(*) as count from entries group by state')).toEqual([
      { state: 'settled', count: 5 },
    ])
  })
  await journey.close()
})
