// OpenAI's own SDK through Ownkey: two settings, nothing else. Run: node examples/openai.mjs
import OpenAI from 'openai'

const ownkey = process.env.OWNKEY_URL ?? 'http://127.0.0.1:8787'
const client = new OpenAI({ baseURL: `${ownkey}/openai/v1`, apiKey: process.env.OWNKEY_TOKEN })

const { data: completion, response } = await client.chat.completions
  .create({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content: 'Hello' }] })
  .withResponse()
console.log(`Served by the key of the ${response.headers.get('ownkey-key-source')}:`)
console.log(completion.choices[0]?.message.content)

const stream = await client.chat.completions.create({
  model: 'gpt-4.1-mini',
  messages: [{ role: 'user', content: 'Count to three' }],
  stream: true,
})
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
console.log()
