import { OwnkeyError } from '../contract/index.ts'
import type { DecisionRequest } from '../policy/index.ts'
import type { Surface } from '../providers/index.ts'
import type { Exchange } from './exchange.ts'
import { findModels, plainPath } from './find-model.ts'
import { findTopLevelStrings } from './json-strings.ts'
import type { RequestBody } from './request-body.ts'
import type { RequestHead } from './request-head.ts'

/** A route that the catalogue does not know: passed through, and looked into for a model all the same. */
const unknownSurface: Surface = { name: 'other', path: /^/, model: 'anywhere', meters: 'none' }

/** A small body is awaited whole; of a larger one the beginning is enough to see what it is. */
const smallBody = 256 * 1024

export function surfaceOf(surfaces: readonly Surface[], method: string, path: string): Surface {
  for (const surface of surfaces) {
    if ((surface.method === undefined || surface.method === method) && surface.path.test(path)) return surface
  }
  return inOtherWriting(surfaces, method, path) ?? unknownSurface
}

/**
 * A surface that some servers would find behind a path in other letters, with a slash at its end or with parameters: what a
 * rule or a meter looks at must not depend on that.
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

/** A rule of the configuration depends on the model that this request names. */
function isRuled({ setup, provider, surface }: Required<Exchange>): boolean {
  return surface.model !== 'none' && setup.policy.providers.get(provider.id)?.rules.dependsOnModel === true
}

/** Reads as much of the body as the decision needs. Undefined: that much is here. */
export function readEnough(exchange: Required<Exchange>): Promise<void> | undefined {
  const { body, surface, setup } = exchange
  if (body.isEmpty) return undefined
  if (isInBody(surface) && isRuled(exchange)) return readForRules(body, setup.config.gateway.inspectBytes)
  const small = body.declaredLength !== undefined && body.declaredLength <= smallBody
  return body.readAhead(small ? smallBody : 1)
}

export function isInBody({ model }: Surface): boolean {
  return model === 'body' || model === 'form' || model === 'anywhere'
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

/** Finds the model and says what is asked. */
export function describeRequest(exchange: Required<Exchange>): DecisionRequest {
  const { provider, surface, caller, body } = exchange
  const ruled = isRuled(exchange)
  const models = modelsOf(exchange, ruled)
  exchange.model = models[0]
  exchange.characters = countCharacters(surface, body)
  return {
    feature: caller.feature,
    user: caller.user,
    environment: caller.environment,
    provider: provider.id,
    capability: surface.capability,
    // A model that no rule looks at would only split the memory of decisions.
    model: ruled ? strictest(models, exchange) : undefined,
    noModel: !ruled || models.length === 0,
  }
}

/** The model that the request is for; under a rule also those that it names beside it. */
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

/** Of several models the one that the rules like least: it decides for all. */
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

/** Where a rule depends on the model, a body in which only the provider can see it is not passed on. */
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

/** The same for a file that lies with the provider. */
function checkNoFile(field: string, { joined }: RequestBody): void {
  if (findTopLevelStrings(joined, field, true).length === 0) return
  throw new OwnkeyError('request_invalid', {
    detail: `The plan has rules about models, and the models in the file of "${field}" cannot be seen.`,
    fix: 'Send these requests one by one.',
  })
}

function countCharacters(surface: Surface, body: RequestBody): number | undefined {
  if (surface.meters !== 'characters' || surface.textField === undefined || !body.isComplete) return undefined
  const [text] = findTopLevelStrings(body.joined, surface.textField, false)
  return text === undefined ? undefined : [...text].length
}
