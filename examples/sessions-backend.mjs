// A product's back end in one file: it keeps its customers in step, opens the settings page for a signed-in user, and asks
// a model on the customer's own key. Only node:http; the handlers are what would stand in an Express app.
// Run: OWNKEY_ADMIN_TOKEN=… node examples/sessions-backend.mjs, then open http://127.0.0.1:3000/ai-settings
import { createServer } from 'node:http'

const ownkey = process.env.OWNKEY_URL ?? 'http://127.0.0.1:8787'
const port = Number(process.env.EXAMPLE_PORT ?? 3000)

/** Stands for your own session: who is signed in, and for which customer. */
const userOf = () => ({ org: 'acme', orgName: 'Acme', id: 'u_1', name: 'Ada', role: 'owner' })

async function api(method, path, body) {
  const response = await fetch(`${ownkey}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${process.env.OWNKEY_ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${answer.code}: ${answer.detail ?? answer.title} ${answer.fix ?? ''}`)
  return answer
}

const routes = {
  /** Leads the user to their own settings: the link works once and for a short time. */
  'GET /ai-settings': async (_request, response) => {
    const { org, orgName, id, name, role } = userOf()
    await api('PUT', `/orgs/${org}`, { name: orgName, plan: 'standard' })
    const { url } = await api('POST', '/sessions', { org, user: { id, name, role } })
    response.writeHead(302, { location: url }).end()
  },
  /** Asks the model. Whose key pays is decided by Ownkey; the product only says for whom and for what. */
  'POST /ask': async (_request, response) => {
    const { org, id } = userOf()
    const { token } = await api('POST', '/tokens', {
      kind: 'access',
      org,
      user: id,
      feature: 'assistant',
      expiresIn: 300,
    })
    const answer = await fetch(`${ownkey}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    const source = answer.headers.get('ownkey-key-source')
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ source, answer: await answer.json() }))
  },
}

const server = createServer(async (request, response) => {
  const handler = routes[`${request.method} ${request.url}`]
  if (!handler) return response.writeHead(404).end()
  try {
    await handler(request, response)
  } catch (error) {
    response.writeHead(502, { 'content-type': 'text/plain' }).end(String(error))
  }
})
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/ai-settings`))
