import { openaiLike } from '../openai-like/openai-like.ts'
import { at } from '../reading/is-record.ts'
import { deepseekRules } from '../vendor-rules.ts'

export const deepseek = openaiLike({
  id: 'deepseek',
  name: 'DeepSeek',
  priceCatalogue: 'deepseek',
  origin: 'https://api.deepseek.com',
  base: '',
  basePattern: '(?:/v1|/beta|/anthropic(?:/v1)?)?',
  surfaces: ['chat', 'completions', 'messages', 'models', 'account'],
  keyPage: 'https://platform.deepseek.com/api_keys',
  keyNeeds: { deepseek_balance: 'The account needs a balance. Data is processed in China.' },
  keyShapes: [{ pattern: /^sk-[a-z0-9]{32}$/, prefix: 'sk-', distinctive: false }],
  models: [
    { id: 'deepseek-flash', hint: 'fast_and_inexpensive', recommended: true, capabilities: ['chat', 'vision'] },
    { id: 'deepseek-v4-pro', hint: 'strongest', capabilities: ['chat'] },
  ],
  defaultModels: { chat: 'deepseek-flash', vision: 'deepseek-flash' },
  authenticate: {
    method: 'GET',
    path: '/user/balance',
    readAnswer: ({ body }) =>
      at(body, 'is_available') === false ? { class: 'quota_exhausted', cause: 'out_of_credit' } : undefined,
  },
  rules: deepseekRules,
  quirks: { renames: { max_completion_tokens: 'max_tokens' }, roles: { developer: 'system' } },
})
