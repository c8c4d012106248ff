import type { Capability, CheckCode, KeyCheck, KeyTest, TestStatus } from '../../contract/index.ts'
import type { Probe, Provider } from '../../providers/index.ts'
import { adviceOn } from '../../vault/index.ts'
import type { SendProbe } from '../deps.ts'
import { type KeyTarget, type ProbeResult, runProbe } from './run-probe.ts'
import { type SaidVerdict, verdictOf } from './verdicts.ts'

export interface KeyTestInput extends KeyTarget {
  /** The model that the key would serve with; absent: each capability's default. */
  model?: string | undefined
  /** What the features of the key's scope need of this provider. */
  capabilities: readonly Capability[]
  /** The models that the plan picks by the task; each is tried for its capability. */
  taskModels?: Readonly<Partial<Record<Capability, readonly string[]>>> | undefined
  /** The catalogue, to recognise a key of another provider. */
  others: readonly Provider[]
  /** The key is saved here already, so its owner may be told all. */
  saved: boolean
}

export interface KeyTestResult extends KeyTest {
  /** No feature of the scope could be served: every capability that was tried is denied. */
  deniesAll: boolean
}

interface Deps {
  send: SendProbe
  monotonic(): number
  /** Told of each check as it finishes, which for permissions is in any order. */
  onCheck?: ((check: KeyCheck) => void) | undefined
}

/** A latency above this is remarked. */
const slowMs = 3_000
const severity: readonly TestStatus[] = ['valid', 'network', 'quota', 'permission', 'invalid']

/**
 * Tries a key with the provider's cheapest requests and says, check by check, what was found. `invalid` is said only
 * when the provider refuses the key itself; an outage, a limit or a missing permission never is.
 */
export async function testKey(input: KeyTestInput, { send, monotonic, onCheck }: Deps): Promise<KeyTestResult> {
  const limits: Record<string, string> = {}
  const run: Run = async (probe, model) => {
    const tried = await runProbe(input, probe, { model, send, monotonic })
    Object.assign(limits, tried.limits)
    return tried
  }
  const result = await tryAll(input, { run, tell: onCheck ?? (() => {}) })
  return Object.keys(limits).length > 0 ? { ...result, limits } : result
}

type Run = (probe: Probe, model?: string) => Promise<ProbeResult>

interface Trying {
  run: Run
  tell(check: KeyCheck): void
}

async function tryAll(input: KeyTestInput, { run, tell }: Trying): Promise<KeyTestResult> {
  const first = await run(input.provider.probes.authenticate, input.provider.probes.authenticate.model)
  const opening = first.failure ? verdictOf(first.failure, input.saved) : undefined
  const authenticated = opening === undefined || opening.authenticated
  const checks: KeyCheck[] = []
  const add = (...found: KeyCheck[]) => {
    checks.push(...found)
    for (const check of found) tell(check)
  }
  add(shapeCheck(input, authenticated), reachableCheck(input, first))
  if (!authenticated) {
    if (opening.status === 'invalid')
      add({ name: 'authenticated', ok: false, detail: opening.reason, code: opening.code })
    return finish(checks, [opening], false)
  }
  const detail = 'The provider accepts the key; it has not expired.'
  add({ name: 'authenticated', ok: true, detail, code: 'accepted' })
  const tried = await tryCapabilities(input, { run, tell })
  // A key may be denied the listing of models and still serve, so the listing does not count if capabilities were tried.
  const refusedFirst = opening && (opening.status !== 'permission' || tried.length === 0) ? [opening] : []
  if (tried.length > 0) checks.push(...tried.map(permittedCheck))
  else add(...untriedChecks(input, opening?.status === 'permission' ? opening : undefined))
  add(latencyCheck(first, tried))
  const denied = tried.filter(({ result }) => result.failure && verdictOf(result.failure, true).status === 'permission')
  const failures = tried.flatMap(({ result }) => (result.failure ? [verdictOf(result.failure, input.saved)] : []))
  return finish(
    checks,
    [...refusedFirst, ...failures],
    tried.length > 0 ? denied.length === tried.length : refusedFirst.some(({ status }) => status === 'permission'),
  )
}

interface Tried {
  capability: Capability
  model: string | undefined
  result: ProbeResult
}

function tryCapabilities(
  { provider, capabilities, model, taskModels }: KeyTestInput,
  { run, tell }: Trying,
): Promise<Tried[]> {
  const probes = capabilities.flatMap((capability) => {
    const probe = provider.probes.can?.[capability]
    if (!probe) return []
    const models = taskModels?.[capability] ?? [modelFor(provider, { capability, model, probe })]
    const used = needsModel(probe) ? models.filter((one) => one !== undefined) : models
    return used.map((one) => ({ capability, probe, model: one }))
  })
  return Promise.all(
    probes.map(async ({ capability, probe, model: used }) => {
      const tried = { capability, model: used, result: await run(probe, used) }
      tell(permittedCheck(tried))
      return tried
    }),
  )
}

/** A request that names no model where it must proves nothing of a key. */
const needsModel = ({ path, body }: Probe) => `${path} ${JSON.stringify(body)}`.includes('{model}')

/** The chosen model, where it can do this; else what the probe or the provider takes by itself. */
function modelFor(
  provider: Provider,
  { capability, model, probe }: { capability: Capability; model: string | undefined; probe: Probe },
): string | undefined {
  const known = provider.models.find(({ id }) => id === model)
  if (model !== undefined && (!known || known.capabilities.includes(capability))) return model
  return probe.model ?? provider.defaultModels[capability]
}

function shapeCheck({ provider, secret, others }: KeyTestInput, accepted: boolean): KeyCheck {
  const { advice, adviceAs } = adviceOn(secret.reveal(), provider, others)
  const said = (ok: boolean, detail: string, code: CheckCode): KeyCheck => ({
    name: 'shape',
    ok,
    detail,
    code,
    facts: { provider: provider.name, ...(ok ? {} : adviceAs?.facts) },
  })
  if (!advice || !adviceAs) return said(true, `It looks like a key of ${provider.name}.`, 'usual_shape')
  if (accepted) return said(true, `An unusual form, but ${provider.name} accepts it.`, 'unusual_shape')
  if (adviceAs.code === 'looks_like') return said(false, advice, 'looks_like')
  const code = adviceAs.code === 'unusual_prefix' ? 'wrong_prefix' : 'wrong_shape'
  return said(false, `${advice} Check that the whole key was copied.`, code)
}

function reachableCheck({ origin }: KeyTestInput, { reached, failure, latencyMs }: ProbeResult): KeyCheck {
  const { host } = new URL(origin)
  const facts = { host }
  if (!reached)
    return { name: 'reachable', ok: false, detail: `${host} did not answer.`, code: 'no_answer', facts, latencyMs }
  const ok = failure?.class !== 'provider_error' && failure?.class !== 'network'
  return {
    name: 'reachable',
    ok,
    detail: ok ? `${host} answers.` : `${host} answers with an error of its own.`,
    code: ok ? 'answers' : 'own_trouble',
    facts,
    latencyMs,
  }
}

/** Where no capability can be tried without cost. */
function untriedChecks({ provider, capabilities }: KeyTestInput, denial: SaidVerdict | undefined): KeyCheck[] {
  if (denial) return [{ name: 'permitted', ok: false, detail: denial.reason, code: denial.code }]
  const what = capabilities.length > 0 ? capabilities.join(', ') : 'any feature'
  const detail = `Nothing speaks against it; ${provider.name} has no check for ${what} that costs nothing.`
  return [{ name: 'permitted', ok: true, detail, code: 'nothing_against', facts: { provider: provider.name } }]
}

function permittedCheck({ capability, model, result: { failure, latencyMs } }: Tried): KeyCheck {
  const verdict = failure && verdictOf(failure, true)
  const ok = verdict?.status !== 'permission' && verdict?.status !== 'invalid'
  const name = failure?.class === 'model_unavailable' ? ('model' as const) : ('permitted' as const)
  const facts = { capability, ...(model ? { model } : {}) }
  const said =
    verdict && verdict.status !== 'valid'
      ? { detail: verdict.reason, code: verdict.code }
      : { detail: `It may be used for ${capability}${model ? ` with ${model}` : ''}.`, code: 'may_be_used', facts }
  return { name, ok, ...said, latencyMs, capability }
}

function latencyCheck(first: ProbeResult, tried: readonly Tried[]): KeyCheck {
  const latencyMs = Math.max(first.latencyMs, ...tried.map(({ result }) => result.latencyMs))
  const ok = latencyMs <= slowMs
  const limits = Object.entries(Object.assign({}, first.limits, ...tried.map(({ result }) => result.limits)))
  const said = limits.length > 0 ? ` The provider tells: ${limits.map((limit) => limit.join(' ')).join(', ')}.` : ''
  const detail = ok ? 'The answer came fast enough.' : 'The answer was slow; low tiers of a provider often are.'
  return { name: 'latency', ok, latencyMs, detail: `${detail}${said}`, code: ok ? 'fast' : 'slow' }
}

function finish(checks: KeyCheck[], verdicts: readonly SaidVerdict[], deniesAll: boolean): KeyTestResult {
  const worst = [...verdicts].sort((a, b) => severity.indexOf(b.status) - severity.indexOf(a.status))[0]
  if (!worst || worst.status === 'valid') return { status: 'valid', checks, deniesAll: false }
  const { status, reason, fix, code, missing } = worst
  return { status, checks, reason, fix, cause: code, ...(missing ? { missing } : {}), deniesAll }
}
