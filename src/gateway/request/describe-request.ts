import { OwnkeyError } from '../../contract/index.ts'
import type { DecisionRequest } from '../../policy/index.ts'
import type { Surface } from '../../providers/index.ts'
import type { Exchange } from '../exchange.ts'
import { fetchesJob } from './costs-nothing.ts'
import { countCharacters } from './count-characters.ts'
import { findModels, isInBody, plainPath } from './find-model.ts'
import { findTopLevelStrings } from './json-strings.ts'
import { lateModel } from './late-model.ts'
import type { RequestBody } from './request-body.ts'
import type { RequestHead } from './request-head.ts'

/** For routes that the catalogue does not list: they are passed through, and rules about models still apply to them. */
const unknownSurface: Surface = { name: 'other', path: /^/, model: 'anywhere', meters: 'none' }

/** Whether the catalogue knows this route. What another one answers tells nothing of the key on those that it knows. */
export function isListed(surface: Surface): boolean {
  return surface !== unknownSurface
}

/** A body up to this size is awaited whole; of a larger one only the beginning. */
const smallBody = 256 * 1024

export function surfaceOf(surfaces: readonly Surface[], method: string, path: string): Surface {
  for (const surface of surfaces) {
    if ((surface.method === undefined || surface.method === method) && surface.path.test(path)) return surface
  }
  return inOtherWriting(surfaces, method, path) ?? unknownSurface
}

/**
 * The surface that a tolerant server would find: in other letters, with a slash at the end or with parameters (`;a=b`). Writing a
 * path differently must not get a request around a rule or a meter.
 */
function inOtherWriting(surfaces: readonly Surface[], method: string, written: string): Surface | undefined {
  const plain = plainPath(written)
  for (const surface of surfaces) {
    if (surface.method !== undefined && surface.method !== method) continue
    const path = anyCase(surface.path)
    if (path.test(plain)) return { ...surface, path }
  }
  return undefined
}

const inAnyCase = new WeakMap<RegExp, RegExp>()

function anyCase(path: RegExp): RegExp {
  let made = inAnyCase.get(path)
  if (made === undefined) {
    made = new RegExp(path.source, 'i')
    inAnyCase.set(path, made)
  }
  return made
}

/** Whether the configuration has rules about the models of this provider, and this surface takes one. */
function isRuled({ setup, provider, surface }: Required<Exchange>): boolean {
  return surface.model !== 'none' && setup.policy.providers.get(provider.id)?.rules.dependsOnModel === true
}

/** Reads as much of the body as the decision needs. Undefined: there is nothing to wait for. */
export function readEnough(exchange: Required<Exchange>): Promise<void> | undefined {
  const { body, surface, setup } = exchange
  if (body.isEmpty) return undefined
  if (isInBody(surface) && isRuled(exchange)) return readForRules(body, setup.config.gateway.inspectBytes)
  return isInBody(surface) && isCapped(exchange) ? readForCaps(exchange) : readBeginning(body)
}

function readBeginning(body: RequestBody): Promise<void> | undefined {
  const small = body.declaredLength !== undefined && body.declaredLength <= smallBody
  return body.readAhead(small ? smallBody : 1)
}

/** Whether a spend cap may count the request. */
function isCapped({ setup, caller, surface }: Required<Exchange>): boolean {
  return surface.meters !== 'none' && (setup.policy.plans.get(caller.tenant.plan)?.caps.length ?? 0) > 0
}

/**
 * What a request may cost has to be known before it goes beside others. So a model that does not stand in the beginning is waited for,
 * in a body that could be kept for a fallback.
 */
async function readForCaps(exchange: Required<Exchange>): Promise<void> {
  const { body, setup } = exchange
  await readBeginning(body)
  const { replayBytes } = setup.config.gateway
  if (body.isComplete || body.size > replayBytes || modelsOf(exchange, false).length > 0) return
  await body.readAhead(replayBytes)
}

async function readForRules(body: RequestBody, limit: number): Promise<void> {
  await body.readAhead(limit)
  if (body.isComplete) return
  throw new OwnkeyError('body_too_large', {
    detail: `The plan has rules about models, and the model cannot be found in a body of more than ${limit} bytes.`,
    fix: 'Send a smaller body.',
    facts: { limit },
  })
}

/** What is to be decided about a request on a provider's own API. Notes the model and the characters in the exchange. */
export function describeRequest(exchange: Required<Exchange>): DecisionRequest {
  const { provider, surface, caller, body } = exchange
  const ruled = isRuled(exchange)
  const models = modelsOf(exchange, ruled)
  exchange.model = models[0]
  if (models.length === 0) waitForModel(exchange)
  exchange.characters = countCharacters(surface, body)
  return {
    feature: caller.feature,
    user: caller.user,
    environment: caller.environment,
    provider: provider.id,
    capability: surface.capability,
    // Left out where no rule depends on it, so that requests for different models share one remembered decision.
    model: ruled ? strictest(models, exchange) : undefined,
    noModel: !ruled || models.length === 0,
    isFetch: fetchesJob(exchange),
  }
}

function waitForModel(exchange: Required<Exchange>): void {
  const { surface, head, body } = exchange
  if (body.isEmpty || body.isComplete) return
  const reader = lateModel({ surface, contentType: head.contentType }, (model) => {
    exchange.model = model
    exchange.lateModel = model
  })
  if (reader !== undefined) body.readAlong(reader)
}

/** The model that the request is for, first. Under a rule also every other model that it names. */
function modelsOf(exchange: Required<Exchange>, strict: boolean): readonly string[] {
  const { surface, target, head, body } = exchange
  if (surface.model === 'none') return []
  if (strict && isInBody(surface)) checkReadable(head, body)
  if (strict && surface.modelsInFile !== undefined) checkNoFile(surface.modelsInFile, body)
  return findModels({
    surface,
    path: target.path,
    query: target.query,
    contentType: head.contentType,
    body,
    strict,
  })
}

/** Of several models the one that the rules treat worst: if that one passes, all do. */
function strictest(models: readonly string[], { setup, provider }: Required<Exchange>): string | undefined {
  if (models.length <= 1) return models[0]
  const rules = setup.policy.providers.get(provider.id)?.rules
  const ruleOf = (model: string) => {
    const verdict = rules?.check(model)
    return verdict === undefined || verdict.allowed ? undefined : verdict.rule
  }
  return (
    models.find((model) => ruleOf(model) === 'refuse') ?? models.find((model) => ruleOf(model) === 'allow') ?? models[0]
  )
}

/** Under a rule about models, a body in which the model cannot be seen here is refused. */
function checkReadable({ contentType, contentEncoding = 'identity' }: RequestHead, body: RequestBody): void {
  const [first] = body.chunks
  const isWide = /json/i.test(contentType) && first?.subarray(0, 4).includes(0)
  if (contentEncoding.trim().toLowerCase() === 'identity' && !isWide) return
  throw new OwnkeyError('request_invalid', {
    detail:
      'The plan has rules about models, and the model cannot be found in a body that is compressed or not in UTF-8.',
    fix: 'Send the body in UTF-8, without Content-Encoding.',
  })
}

/** The same for models in a file that was uploaded to the provider before. */
function checkNoFile(field: string, { joined }: RequestBody): void {
  if (findTopLevelStrings(joined, field, true).length === 0) return
  throw new OwnkeyError('request_invalid', {
    detail: `The plan has rules about models, and the models in the file of "${field}" cannot be seen.`,
    fix: 'Send these requests one by one.',
  })
}
