import type { FailureBody, FailureTable } from './failure.ts'
import { waitSeconds } from './openai-shaped.ts'

interface GoogleError {
  status: string
  message: string
  details?: readonly unknown[]
}

/** `{error: {code, message, status, details}}` */
export function googleError(code: number, { message, status, details }: GoogleError): FailureBody {
  return {
    status: code,
    body: { error: { code, message: `${message} (sandbox)`, status, ...(details && { details }) } },
  }
}

function errorInfo(reason: string, metadata: Record<string, string> = {}) {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'googleapis.com',
    metadata: { service: 'generativelanguage.googleapis.com', ...metadata },
  }
}

export const googleFailures: FailureTable = {
  invalid: googleError(400, {
    message: 'API key not valid. Please pass a valid API key.',
    status: 'INVALID_ARGUMENT',
    details: [errorInfo('API_KEY_INVALID')],
  }),
  expired: googleError(400, {
    message: 'API key expired. Please renew the API key.',
    status: 'INVALID_ARGUMENT',
    details: [errorInfo('API_KEY_INVALID')],
  }),
  permission: googleError(403, {
    message:
      'Requests to this API generativelanguage.googleapis.com method google.ai.generativelanguage.v1beta.GenerativeService.{permission} are blocked.',
    status: 'PERMISSION_DENIED',
    details: [errorInfo('API_KEY_SERVICE_BLOCKED', { consumer: 'projects/000000000000' })],
  }),
  quota: googleError(402, {
    message:
      'Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing. Learn more at https://ai.google.dev/gemini-api/docs/billing#prepay.',
    status: 'RESOURCE_EXHAUSTED',
  }),
  rate: googleError(429, {
    message: `You exceeded your current quota, please check your plan and billing details. Please retry in ${waitSeconds}s.`,
    status: 'RESOURCE_EXHAUSTED',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [
          {
            quotaMetric: 'generativelanguage.googleapis.com/generate_content_paid_tier_requests',
            quotaId: 'GenerateRequestsPerMinutePerProjectPerModel',
            quotaValue: '150',
          },
        ],
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${waitSeconds}s` },
    ],
  }),
  down: googleError(503, { message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' }),
}

export const twoCredentials = googleError(400, {
  message: 'Multiple authentication credentials received. Please pass only one.',
  status: 'INVALID_ARGUMENT',
})

export const wrongCredential = googleError(401, {
  message:
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  status: 'UNAUTHENTICATED',
  details: [errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED')],
})

export const keyMissing = googleError(403, {
  message:
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  status: 'PERMISSION_DENIED',
})
