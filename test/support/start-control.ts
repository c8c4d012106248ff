/**
 * The control API on a real listener and a real database, with a scripted upstream in the providers' place. Every JSON
 * answer is held against the OpenAPI document as it comes, so that each suite proves the document too.
 */
import { createWriteStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Config, extendCatalogue, loadConfig } from '../../src/config/index.ts'
import type { Role } from '../../src/contract/index.ts'
import { type ControlOptions, createControl, createNoticeSweep, type InForce } from '../../src/control/index.ts'
import { generateMasterKey, parseKeyring, Secret } from '../../src/crypto/index.ts'
import { checkHost, createAddressPasses, Gateway } from '../../src/gateway/index.ts'
import { createJobCounter, createLedger } from '../../src/metering/index.ts'
import { compilePolicy } from '../../src/policy/index.ts'
import { catalogue } from '../../src/providers/index.ts'
import { startSandbox } from '../../src/sandbox/index.ts'
import { createCallGateway } from '../../src/server/call-gateway.ts'
import { limitsOf } from '../../src/server/live-config.ts'
import { createLog } from '../../src/server/log.ts'
import { createSendProbe } from '../../src/server/send-probe.ts'
import { createTenants } from '../../src/tenants/index.ts'
import { checkMasterKey, ensureOuterLayer, openKey, openOuterLayer } from '../../src/vault/index.ts'
import { keepAnswer } from './call-api.ts'
import { createDocumentCheck, type OpenApiDocument } from './check-document.ts'
import { type DatabaseKind, openTestDatabase } from './databases.ts'
import { evidenceFolder } from './evidence.ts'
import { noNames } from './no-names.ts'
import { startUpstream } from './upstream.ts'

export interface StartControlOptions {
  kind?: DatabaseKind
  /** YAML; `UPSTREAM` is replaced by the upstream's origin. */
  config: string
  sandbox?: boolean
  /** Default: `operatorToken`. */
  adminToken?: string
}

export interface CallOptions {
  token?: string | undefined
  body?: unknown
  /** Sent as it is, instead of `body`. */
  raw?: string | Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
  body: any
}

export const operatorToken = 'operator-token-of-the-control-suites-000001'

export type RunningControl = Awaited<ReturnType<typeof startControl>>

export async function startControl(options: StartControlOptions) {
  const upstream = await startUpstream()
  const opened = await openTestDatabase(options.kind ?? 'embedded')
  const { database } = opened
  const keyring = parseKeyring(new Secret(generateMasterKey()))
  await checkMasterKey({ database, keyring })
  const time = { offsetMs: 0 }
  const clock = { now: () => Date.now() + time.offsetMs, monotonic: () => performance.now() }
  const tenants = createTenants({
    database,
    clock,
    unwrap: (sealed) => openOuterLayer({ database, keyring }, sealed),
    limits: () => state.inForce.limits,
  })
  const ledger = createLedger({ database, onTrouble: () => {} })
  const sandbox = options.sandbox ? await startSandbox() : undefined
  const state = { inForce: compile(options.config, upstream.origin), url: '' }
  if (state.inForce.config.vault.outerLayer === 'pgcrypto') await ensureOuterLayer(database)
  const gateway = new Gateway({
    tenants,
    ledger,
    jobs: createJobCounter({ database, price: () => undefined, flush: () => ledger.flush() }),
    setup: () => ({
      ...state.inForce,
      provider: (id) => state.inForce.providers.find((provider) => provider.id === id),
      platformKey: (id) => state.inForce.config.providers[id]?.platformKey,
    }),
    openKey: (sealed) => openKey(keyring, sealed),
    passes: createAddressPasses(keyring),
    sandbox,
    lookup: noNames,
    log: { error: (fields, event) => written.error(event, fields) },
  })
  const logged: unknown[] = []
  const file = createWriteStream(join(evidenceFolder('control'), 'log.jsonl'))
  const written = createLog({ level: 'debug', destination: file })
  const controlOptions: ControlOptions = {
    database,
    keyring,
    tenants,
    inForce: () => state.inForce,
    send: createSendProbe({ egress: gateway.egress, sandbox }),
    callGateway: createCallGateway(() => state.url),
    checkHost: (baseUrl) => checkHost(baseUrl, state.inForce.config.gateway.privateHosts),
    adminToken: new Secret(options.adminToken ?? operatorToken),
    clock,
    log: {
      ...written,
      error(event, fields) {
        written.error(event, fields)
        logged.push({ event, ...fields })
      },
    },
    sandbox: options.sandbox ?? false,
    publicUrl: () => state.url,
    catchUp: async () => {},
    version: '0.0.0-test',
  }
  const control = createControl(controlOptions)
  const sweep = createNoticeSweep(controlOptions)
  await control.ready()
  const server = createServer((request, response) =>
    /^\/(api|$)/.test(request.url ?? '') ? control.routing(request, response) : gateway.handle(request, response),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const document = (await (await fetch(`${state.url}/api/v1/openapi.json`)).json()) as OpenApiDocument
  const checkAnswer = createDocumentCheck(document)

  async function call(
    method: string,
    path: string,
    { token = operatorToken, body, raw, headers = {} }: CallOptions = {},
  ): Promise<Answer> {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await fetch(`${state.url}${path}`, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
    })
    const text = await response.text()
    keepAnswer({ method, status: response.status, headers: response.headers, text })
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    }
    checkAnswer({ method, path: path.split('?', 1)[0] as string, ...answer })
    return answer
  }

  return {
    call,
    upstream,
    database,
    document,
    logged,
    time,
    /** What every node does from time to time: the state's notices, made true. */
    sweep: () => sweep.run(),
    /** Forgets what is known of an organization, so that the next look finds what was written beside the API. */
    forget: (org: string) => tenants.forget(org),
    get url() {
      return state.url
    },
    reload(config: string) {
      state.inForce = compile(config, upstream.origin)
    },
    async org(id: string, fields: Record<string, unknown> = {}) {
      return call('PUT', `/api/v1/orgs/${id}`, { body: { name: `Org ${id}`, plan: 'standard', ...fields } })
    },
    async member(org: string, role: Role = 'owner', id = `${role}-of-${org}`): Promise<string> {
      return (await call('POST', '/api/v1/sessions', { body: { org, user: { id, name: `The ${role}`, role } } })).body
        .token
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await control.close()
      await gateway.close()
      await ledger.close()
      await tenants.close()
      await sandbox?.close()
      await opened.remove()
      await upstream.close()
      await new Promise<void>((resolve) => file.end(resolve))
    },
  }
}

function compile(yaml: string, upstream: string): InForce {
  const text = yaml.replaceAll('UPSTREAM', upstream)
  const { config, warnings }: { config: Config; warnings: readonly { message: string }[] } = loadConfig({
    text,
    env: {},
    catalogue,
  })
  return {
    config,
    policy: compilePolicy(config, catalogue),
    providers: extendCatalogue(config, catalogue),
    warnings: warnings.map(({ message }) => message),
    warned: [],
    limits: limitsOf(config),
  }
}
