/** What becomes of a process in which something was thrown that nobody caught. */
import { afterEach, expect, test } from 'vitest'
import { canaryPrompts, canarySandboxKeys } from '../support/canary.ts'
import type { Thrown } from '../support/children/throw-at-answer.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'

let ownkey: RunningOwnkey | undefined
afterEach(() => ownkey?.close())

test.each<[Thrown, string]>([
  ['error', 'uncaught_exception'],
  ['text', 'uncaught_exception'],
  ['rejection', 'unhandled_rejection'],
])(
  '%s during a request ends the process with 1 and is told by its place, without its message',
  async (thrown, event) => {
    ownkey = await startOwnkey({ process: 'child', sandbox: true, env: { THROWN: thrown } })
    await ownkey.putOrg('acme')
    await ownkey.putKey('acme', 'openai', canarySandboxKeys.openai)
    const token = await ownkey.token({ org: 'acme', feature: 'assistant' })
    await fetch(`${ownkey.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: canaryPrompts[0] }] }),
    })
      .then((answer) => answer.text())
      .catch(() => 'cut')
    const { code, stderr } = await ownkey.child().ended
    const lines = ownkey.child().lines
    expect(code).toBe(1)
    const told = lines.map((line) => JSON.parse(line)).filter((line) => line.event === event)
    expect(told).toMatchObject([{ level: 'error', error: { name: 'Error', at: expect.any(Array) } }])
    expect(lines.join('\n') + stderr).not.toContain(canaryPrompts[0].slice(0, 8))
  },
)
