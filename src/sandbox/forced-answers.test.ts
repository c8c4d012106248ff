import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './index.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slowMs: 30, pieceMs: 0 })
})
afterAll(() => sandbox.close())

describe('what a request forces', () => {
  const parameters = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
  const cohere = { tools: [{ type: 'function', function: { name: 'f', parameters } }], tool_choice: 'REQUIRED' }
  const toolSpec = { name: 'f', inputSchema: { json: parameters } }
  const messages = [{ role: 'user', content: [{ text: 'x' }] }]
  const jsonSchema = { schema: JSON.stringify(parameters) }

  async function ask(path: string, body: object) {
    const answer = await fetch(`${sandbox.origin('cohere')}/${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox' },
      body: JSON.stringify({ model: 'm', messages, ...body }),
    })
    return answer.text()
  }

  test('is called by Cohere, whole and streamed', async () => {
    expect(JSON.parse(await ask('cohere/v2/chat', cohere))).toMatchObject({
      finish_reason: 'TOOL_CALL',
      message: { tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{"a":"sandbox"}' } }] },
    })
    const events = await ask('cohere/v2/chat', { ...cohere, stream: true })
    expect(events).toMatch(/tool-call-start[\s\S]+"name":"f"[\s\S]+tool-call-delta[\s\S]+tool-call-end[\s\S]+TOOL_CALL/)
  })

  test('is the form of Cohere’s JSON', async () => {
    const told = JSON.parse(
      await ask('cohere/v2/chat', { response_format: { type: 'json_object', json_schema: parameters } }),
    )
    expect(told.message.content).toEqual([{ type: 'text', text: '{"a":"sandbox"}' }])
  })

  test.each([{ any: {} }, { tool: { name: 'f' } }])(
    'is called by Bedrock for %j, whole and streamed',
    async (toolChoice) => {
      const toolConfig = { tools: [{ toolSpec }], toolChoice }
      expect(JSON.parse(await ask('bedrock/model/m/converse', { toolConfig }))).toMatchObject({
        stopReason: 'tool_use',
        output: { message: { content: [{ toolUse: { name: 'f', input: { a: 'sandbox' } } }] } },
      })
      const events = await ask('bedrock/model/m/converse-stream', { toolConfig })
      expect(events).toMatch(
        /contentBlockStart[\s\S]+"name":"f"[\s\S]+contentBlockDelta[\s\S]+"input":[\s\S]+"stopReason":"tool_use"/,
      )
    },
  )

  test('is the form of Bedrock’s JSON', async () => {
    const outputConfig = { textFormat: { type: 'json_schema', structure: { jsonSchema } } }
    const told = JSON.parse(await ask('bedrock/model/m/converse', { outputConfig }))
    expect(told.output.message.content).toEqual([{ text: '{"a":"sandbox"}' }])
  })
})
