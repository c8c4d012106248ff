import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import { adminTokenOf, type Environment, generatedSecret } from '../server/index.ts'
import { stepsToRequest } from './steps-to-request.ts'

const demo = { org: 'demo', feature: 'assistant', provider: 'openai', model: 'gpt-4.1-mini', key: 'sk-sandbox-ok-demo' }
const tokenFile = 'demo-token'

type Api = (method: string, path: string, body?: unknown) => Promise<{ ok: boolean; body: Record<string, unknown> }>

/**
 * Makes the demo organization with a sandbox key and an access token, over the control API as a product would, and gives
 * the request to paste. The token is kept in the data folder, because the server itself keeps only its hash. Empty when
 * somebody uses the id for something else.
 */
export async function prepareDemo(environment: Environment, url: string): Promise<string[]> {
  const api = apiOf(environment, url)
  const token = (await keptToken(environment, api)) ?? (await createDemo(environment, api))
  if (token === undefined) return []
  return [
    'A first request, answered by the sandbox:',
    '',
    `  curl ${url}/${demo.provider}/v1/chat/completions \\`,
    `    -H "Authorization: Bearer ${token}" \\`,
    '    -H "Content-Type: application/json" \\',
    `    -d '{"model": "${demo.model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
  ]
}

/** The same with a configuration's own plans and features, for whoever wants it. */
export async function showSteps(environment: Environment, url: string): Promise<string[]> {
  const { body } = await apiOf(environment, url)('GET', '/config')
  const adminToken = environment.adminToken
    ? '$OWNKEY_ADMIN_TOKEN'
    : `$(cat '${join(environment.dataDir, 'admin-token')}')`
  const steps = stepsToRequest(body['config'] as Config, { url, adminToken })
  return steps.length > 0 ? steps : ['A first request: the console’s page of organizations leads to one.']
}

/** `<token's id> <token>`, when that token is still good. */
async function keptToken({ dataDir }: Environment, api: Api): Promise<string | undefined> {
  const [id, token] = readKept(join(dataDir, tokenFile)).split(' ')
  if (!id || !token) return undefined
  const { ok, body } = await api('GET', `/tokens/${id}`)
  return ok && body['state'] === 'active' ? token : undefined
}

function readKept(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

async function createDemo({ dataDir }: Environment, api: Api): Promise<string | undefined> {
  const found = await api('GET', `/orgs/${demo.org}`)
  if (!found.ok) await api('PUT', `/orgs/${demo.org}`, { name: 'Demo', plan: 'standard' })
  const key = await api('PUT', `/orgs/${demo.org}/keys/${demo.provider}`, { key: demo.key, label: 'Sandbox' })
  const made = await api('POST', '/tokens', { kind: 'access', org: demo.org, feature: demo.feature })
  if (!key.ok || !made.ok) return undefined
  const { id, token } = made.body as { id: string; token: string }
  rmSync(join(dataDir, tokenFile), { force: true })
  generatedSecret(dataDir, tokenFile, () => `${id} ${token}`)
  return token
}

function apiOf(environment: Environment, url: string): Api {
  const authorization = `Bearer ${adminTokenOf(environment).reveal()}`
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { ok: response.ok, body: (await response.json()) as Record<string, unknown> }
  }
}
