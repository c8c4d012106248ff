/**
 * A product that shows its customers Ownkey's settings and limits on a page of its own, with no more than Node. Its server
 * knows who is signed in and opens an Ownkey session for that person; the page never sees the operator's token.
 *
 *   OWNKEY_URL=http://127.0.0.1:8787 OWNKEY_ADMIN_TOKEN=<token> PORT=3000 node examples/widget/server.mjs
 *
 * Ownkey must know this page: `platform: { origins: ['http://127.0.0.1:3000'] }`.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

const file = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** @param {{ ownkeyUrl: string, adminToken: string, signedIn: (request: import('node:http').IncomingMessage) => object | undefined }} options */
export function createProduct({ ownkeyUrl, adminToken, signedIn }) {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${ownkeyUrl}`,
    `connect-src 'self' ${ownkeyUrl}`,
    "style-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  const pages = {
    '/': { type: 'text/html; charset=utf-8', body: file('index.html').replaceAll('{{ownkey}}', ownkeyUrl) },
    '/page.js': { type: 'text/javascript; charset=utf-8', body: file('page.js') },
    '/page.css': { type: 'text/css; charset=utf-8', body: file('page.css') },
  }

  /** A session of ten minutes for whoever is signed in; when it ends, the widget asks the page and the page asks again. */
  async function openSession(person) {
    const answer = await fetch(`${ownkeyUrl}/api/v1/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...person, expiresIn: 600 }),
    })
    if (!answer.ok) throw new Error(`Ownkey answered ${answer.status}`)
    const { token } = await answer.json()
    return { token, org: person.org }
  }

  return createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]
    const page = pages[path]
    const send = (status, type, body) =>
      response
        .writeHead(status, {
          'content-type': type,
          'content-security-policy': policy,
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        })
        .end(body)
    if (page && request.method === 'GET') return send(200, page.type, page.body)
    if (path === '/session' && request.method === 'POST') {
      const person = signedIn(request)
      // A form on another site cannot send JSON, so only our own page gets here.
      if (!person || request.headers['content-type'] !== 'application/json') return send(403, 'text/plain', 'Sign in.')
      return openSession(person).then(
        (session) => send(200, 'application/json', JSON.stringify(session)),
        (error) => send(502, 'text/plain', String(error.message)),
      )
    }
    return send(404, 'text/plain', 'Not found')
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { OWNKEY_URL = 'http://127.0.0.1:8787', OWNKEY_ADMIN_TOKEN, PORT = '3000' } = process.env
  if (!OWNKEY_ADMIN_TOKEN) throw new Error('Set OWNKEY_ADMIN_TOKEN to the token of your Ownkey server.')
  // A real product looks into its own session here.
  const signedIn = () => ({ org: 'acme', user: { id: 'u_ada', name: 'Ada', role: 'owner' } })
  createProduct({ ownkeyUrl: OWNKEY_URL, adminToken: OWNKEY_ADMIN_TOKEN, signedIn }).listen(
    Number(PORT),
    '127.0.0.1',
    () => console.log(`http://127.0.0.1:${PORT}`),
  )
}
