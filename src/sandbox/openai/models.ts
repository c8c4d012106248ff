import { findProvider } from '../../providers/index.ts'
import { type Answer, type Call, modelField } from '../call.ts'

/** The catalogue's models, as examples; every other name works too, except one with `missing` in it. */
export function modelIds(provider: string): string[] {
  const ids = findProvider(provider)?.models.map((model) => model.id) ?? []
  return ids.length > 0 ? ids : ['sandbox-model']
}

const described = (id: string) => ({ id, object: 'model', created: 1_750_000_000, owned_by: 'sandbox' })

/** `GET …/models` */
export function listModels(call: Call): Answer {
  return { json: { object: 'list', data: modelIds(call.provider).map(described) } }
}

/** `GET …/models/{model}` */
export function getModel(call: Call): Answer {
  return { json: described(modelField(decodeURIComponent(call.parts['model'] ?? ''))) }
}

/** What vendors tell of a key or an account on routes of their own. */
export const accountAnswers: Readonly<Record<string, Answer>> = {
  deepseek: {
    json: {
      is_available: true,
      balance_infos: [
        { currency: 'USD', total_balance: '100.00', granted_balance: '0.00', topped_up_balance: '100.00' },
      ],
    },
  },
  xai: {
    json: {
      redacted_api_key: 'xai-...sbox',
      name: 'sandbox',
      acls: ['api-key:model:*', 'api-key:endpoint:*'],
      api_key_blocked: false,
      api_key_disabled: false,
      team_blocked: false,
    },
  },
}
