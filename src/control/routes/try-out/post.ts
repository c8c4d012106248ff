import { z } from 'zod'
import {
  type Capability,
  errorTable,
  OwnkeyError,
  type TryOut,
  tryOutRequestSchema,
  tryOutSchema,
} from '../../../contract/index.ts'
import {
  checkEnvironment,
  decide,
  defaultEnvironment,
  type Policy,
  publicProviderId,
  type Refusal,
} from '../../../policy/index.ts'
import type { Provider } from '../../../providers/index.ts'
import { newToken } from '../../../tenants/index.ts'
import type { ControlDeps } from '../../deps.ts'
import type { Caller } from '../../http/caller.ts'
import { defineRoute } from '../../http/route.ts'
import { newTokenId } from '../../ids.ts'
import { findNamed } from '../../keys/resolve-provider.ts'
import { hashOf } from '../../queries/sessions.ts'
import { deleteToken, insertToken } from '../../queries/tokens.ts'
import { requireFeature } from '../../require-feature.ts'
import { holdOrg, requireOrg } from '../../require-org.ts'
import { requireTenant } from '../../settings/load-settings.ts'
import { limitTests } from '../../test-key/index.ts'

const tokenLifeMs = 120_000
const defaultPrompt = 'Reply with one short, friendly sentence.'

export const tryOut = defineRoute({
  name: 'try-out.post',
  method: 'POST',
  path: '/api/v1/orgs/:org/try-out',
  tag: 'AI settings',
  summary:
    'Run a one-line real generation for a feature through the gateway. It counts and costs like any other request.',
  params: z.object({ org: z.string() }),
  body: tryOutRequestSchema,
  answer: tryOutSchema,
  async handle({ params, body, caller }, deps) {
    const { policy, providers } = deps.inForce()
    const environment = body.environment ?? defaultEnvironment(policy)
    checkEnvironment(environment, policy, 'body.environment')
    await requireOrg(deps, params.org)
    const feature = requireFeature(body.feature, policy)
    const provider = body.provider === undefined ? undefined : findNamed(body.provider, { policy }).id
    const user = caller.kind === 'member' ? caller.id : undefined
    const { attempts, refusal } = decide(
      { feature: feature.id, provider, user, environment },
      await requireTenant(deps, params.org),
      policy,
    )
    const [first] = attempts
    if (!first) return refused(refusal)
    const entry = providers.find(({ id }) => id === first.provider)
    const call = callFor(feature.capability, { prompt: body.prompt ?? defaultPrompt, model: first.model, entry })
    await limitTests(deps.database, { org: params.org, user: caller.id, now: deps.clock.now() })
    return withToken({ org: params.org, feature: feature.id, environment, caller }, deps, async (token) => {
      const started = deps.clock.monotonic()
      const answer = await deps.callGateway({
        path: call.path,
        body: call.body,
        headers: { authorization: `Bearer ${token}` },
      })
      return showAnswer(answer, { policy, latencyMs: Math.max(0, Math.round(deps.clock.monotonic() - started)) })
    })
  },
})

/** Nothing is sent where the decision refuses already. */
function refused(refusal: Refusal | undefined): TryOut {
  const error = {
    code: refusal?.code ?? 'missing_key',
    detail: [refusal?.reason, refusal?.fix].filter(Boolean).join(' '),
    ...(refusal?.facts && { facts: { ...refusal.facts } }),
  }
  const nobody = { keySource: null, provider: null, model: null, fallback: null, requestId: null }
  return {
    ok: false,
    status: refusal ? errorTable[refusal.code].status : 403,
    text: null,
    ...nobody,
    error,
    latencyMs: 0,
  }
}

/** What can be tried in one line of text, on the provider's own OpenAI-compatible route. Speech and pictures need more. */
function callFor(
  capability: Capability,
  { prompt, model, entry }: { prompt: string; model: string | undefined; entry: Provider | undefined },
): { path: string; body: unknown } {
  const route = capability === 'chat' || capability === 'vision' ? 'chat/completions' : undefined
  if (route && entry?.openai?.routes.includes(route)) {
    return {
      path: `/${entry.id}${entry.openai.base}/${route}`,
      body: { model, messages: [{ role: 'user', content: prompt }] },
    }
  }
  throw new OwnkeyError('request_invalid', {
    detail: 'This feature cannot be tried with a line of text.',
    fix: 'Test the key instead; the test tries what the feature needs.',
    errors: [{ field: 'body.feature', detail: 'It works on something else than text.', code: 'not_text' }],
  })
}

interface Subject {
  org: string
  feature: string
  environment: string
  caller: Caller
}

/** Makes a token for this one call and takes it away again. */
async function withToken<T>(
  { org, feature, environment, caller }: Subject,
  deps: ControlDeps,
  work: (token: string) => Promise<T>,
): Promise<T> {
  const now = deps.clock.now()
  const token = newToken('access')
  const id = newTokenId(now)
  const row = {
    id,
    hash: hashOf(token),
    kind: 'access' as const,
    org_id: org,
    user_id: caller.kind === 'member' ? caller.id : null,
    feature,
    environment,
    created_at: new Date(now),
    created_by: caller.id,
    expires_at: new Date(now + tokenLifeMs),
  }
  await deps.database.transaction(async (tx) => {
    await holdOrg(tx, org)
    await insertToken(tx, row)
  })
  try {
    return await work(token)
  } finally {
    await deleteToken(deps.database, id)
    deps.tenants.forgetToken(id)
  }
}

type Answer = Awaited<ReturnType<ControlDeps['callGateway']>>

const chatAnswer = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
})
const failureAnswer = z.object({
  error: z.object({ code: z.union([z.string(), z.number()]).nullish(), message: z.string().nullish() }),
})

function showAnswer(
  { status, headers, body }: Answer,
  { policy, latencyMs }: { policy: Policy; latencyMs: number },
): TryOut {
  const ok = status < 400
  const source = headers['ownkey-key-source']
  const failure = failureAnswer.safeParse(body).data?.error
  return {
    ok,
    status,
    text: ok ? (chatAnswer.safeParse(body).data?.choices[0]?.message.content ?? null) : null,
    keySource: source === 'organization' || source === 'user' || source === 'platform' ? source : null,
    provider: headers['ownkey-provider'] === undefined ? null : publicProviderId(policy, headers['ownkey-provider']),
    model: headers['ownkey-model'] ?? null,
    fallback: headers['ownkey-fallback'] ?? null,
    error: ok
      ? null
      : {
          code: headers['ownkey-error'] ?? String(failure?.code ?? 'provider_error'),
          detail: failure?.message ?? 'The request failed.',
        },
    latencyMs,
    requestId: headers['ownkey-request-id'] ?? null,
  }
}
