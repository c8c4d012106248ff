import { z } from 'zod'
import {
  type Capability,
  OwnkeyError,
  type TryOut,
  tryOutRequestSchema,
  tryOutSchema,
} from '../../../contract/index.ts'
import { newToken } from '../../../tenants/index.ts'
import { checkEnvironment } from '../../check-environment.ts'
import type { ControlDeps } from '../../deps.ts'
import type { Caller } from '../../http/caller.ts'
import { defineRoute } from '../../http/route.ts'
import { newTokenId } from '../../ids.ts'
import { hashOf } from '../../queries/sessions.ts'
import { deleteToken, insertToken } from '../../queries/tokens.ts'
import { requireOrg } from '../../require-org.ts'
import { defaultEnvironment } from '../../settings/load-settings.ts'
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
    const { policy } = deps.inForce()
    const environment = body.environment ?? defaultEnvironment(policy)
    checkEnvironment(environment, policy)
    await requireOrg(deps, params.org)
    const feature = policy.features.get(body.feature)
    if (!feature) throw new OwnkeyError('feature_unknown')
    const call = callFor(feature.capability, body.prompt ?? defaultPrompt)
    await limitTests(deps.database, { org: params.org, user: caller.id, now: deps.clock.now() })
    return withToken({ org: params.org, feature: body.feature, environment, caller }, deps, async (token) => {
      const started = deps.clock.monotonic()
      const answer = await deps.callGateway({
        path: call.path,
        body: call.body,
        headers: { authorization: `Bearer ${token}` },
      })
      return showAnswer(answer, Math.max(0, Math.round(deps.clock.monotonic() - started)))
    })
  },
})

/** What can be tried in one line of text. Speech and pictures need more than a line. */
function callFor(capability: Capability, prompt: string): { path: string; body: unknown } {
  if (capability === 'chat' || capability === 'vision') {
    return { path: '/v1/chat/completions', body: { model: 'auto', messages: [{ role: 'user', content: prompt }] } }
  }
  if (capability === 'embeddings') return { path: '/v1/embeddings', body: { model: 'auto', input: prompt } }
  throw new OwnkeyError('request_invalid', {
    detail: 'This feature cannot be tried with a line of text.',
    fix: 'Test the key instead; the test tries what the feature needs.',
    errors: [{ field: 'body.feature', detail: 'It works on audio or pictures.' }],
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
  await insertToken(deps.database, {
    id,
    hash: hashOf(token),
    kind: 'access',
    org_id: org,
    user_id: caller.kind === 'member' ? caller.id : null,
    feature,
    environment,
    created_at: new Date(now),
    created_by: caller.id,
    expires_at: new Date(now + tokenLifeMs),
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

function showAnswer({ status, headers, body }: Answer, latencyMs: number): TryOut {
  const ok = status < 400
  const source = headers['ownkey-key-source']
  const failure = failureAnswer.safeParse(body).data?.error
  return {
    ok,
    status,
    text: ok ? (chatAnswer.safeParse(body).data?.choices[0]?.message.content ?? null) : null,
    keySource: source === 'organization' || source === 'user' || source === 'platform' ? source : null,
    provider: headers['ownkey-provider'] ?? null,
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
