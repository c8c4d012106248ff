// Takes Ownkey's webhooks: verifies each (standardwebhooks.com), and does nothing the second time. Only Node's own modules.
// Run: OWNKEY_WEBHOOK_SECRET=whsec_… node examples/webhook-receiver.mjs, and name http://127.0.0.1:3001/ownkey under `webhooks`.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const secret = Buffer.from((process.env.OWNKEY_WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64')
if (secret.length < 24) throw new Error('Set OWNKEY_WEBHOOK_SECRET to the secret of this endpoint in ownkey.yaml.')
const port = Number(process.env.EXAMPLE_PORT ?? 3001)
const toleranceSeconds = 300

/** Stands for your own table of what was done already. */
const done = new Set()

/** By the type of the event; see docs/webhooks.md. */
const handlers = {
  'key.set': ({ org, detail }) => console.log(`${org} brought a key for ${detail.provider}: ${detail.hint}`),
  'notice.opened': ({ org, kind, provider }) => console.log(`${org}: ${kind} ${provider ?? ''}`),
  'notice.resolved': ({ org, kind, provider }) => console.log(`${org}: ${kind} ${provider ?? ''} is over`),
}

function isGenuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceSeconds)) return false
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest()
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}

const server = createServer(async (request, response) => {
  let body = ''
  for await (const part of request.setEncoding('utf8')) body += part
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end()
  const id = request.headers['webhook-id']
  if (!done.has(id)) {
    const { type, data } = JSON.parse(body)
    await handlers[type]?.(data)
    done.add(id)
  }
  response.writeHead(204).end()
})
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/ownkey`))
