// Anthropic's own SDK through Ownkey. Run: node examples/anthropic.mjs
import Anthropic from '@anthropic-ai/sdk'

const ownkey = process.env.OWNKEY_URL ?? 'http://127.0.0.1:8787'
const client = new Anthropic({ baseURL: `${ownkey}/anthropic`, apiKey: process.env.OWNKEY_TOKEN })

const message = await client.messages.create({
  model: 'claude-sonnet-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(message.content[0]?.type === 'text' ? message.content[0].text : message)
