import type { Probe, Provider } from '../provider.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { anthropicBatch, anthropicResults } from './jobs.ts'
import { anthropicRules } from './rules.ts'
import { anthropicPriceFactors, anthropicUsage } from './usage.ts'

/** The oldest version that is still served: probes must not depend on what a newer one refuses. */
const version = { 'anthropic-version': '2023-06-01' }
const reading = failureReader({ rules: anthropicRules })
const compatible = /^\/v1\/chat\/completions$/

const chat: Probe = {
  method: 'POST',
  path: '/v1/messages',
  headers: version,
  body: { model: '{model}', max_tokens: 1, messages: [{ role: 'user', content: 'ok' }] },
}

export const anthropic: Provider = {
  id: 'anthropic',
  name: 'Anthropic (Claude)',
  priceCatalogue: 'anthropic',
  offeredByDefault: true,
  aliases: ['claude'],
  dialect: 'anthropic',
  origin: 'https://api.anthropic.com',
  keyPage: 'https://platform.claude.com/settings/keys',
  keyNeeds: {
    anthropic_workspace_key: 'An API key of a workspace (sk-ant-api03-…) that has not expired.',
    anthropic_credit: 'The organization needs prepaid credit: a Claude subscription does not pay for the API.',
    anthropic_no_admin_key: 'Admin keys (sk-ant-admin…) cannot be used.',
  },
  keyShapes: [
    { pattern: /^sk-ant-api\d{2}-[A-Za-z0-9_-]{80,120}$/, prefix: 'sk-ant-', distinctive: true },
    { pattern: /^sk-ant-[A-Za-z0-9_-]{20,200}$/, prefix: 'sk-ant-', distinctive: true },
  ],
  maskGap: '...',
  // Native routes take either form, never both; the OpenAI-compatible one is made for Bearer.
  credential: (path) =>
    compatible.test(path) ? { header: 'authorization', prefix: 'Bearer ' } : { header: 'x-api-key', prefix: '' },
  dropRequestHeaders: [
    'anthropic-organization-id',
    'anthropic-workspace-id',
    'anthropic-dangerous-direct-browser-access',
  ],
  answerHeaders: ['anthropic-ratelimit-*', 'anthropic-priority-*', 'anthropic-fast-*'],
  surfaces: [
    { name: 'messages', capability: 'chat', method: 'POST', path: /^\/v1\/messages$/, model: 'body', meters: 'tokens' },
    {
      name: 'count tokens',
      method: 'POST',
      path: /^\/v1\/messages\/count_tokens$/,
      model: 'body',
      meters: 'none',
      isFree: true,
    },
    {
      name: 'batches',
      path: /^\/v1\/messages\/batches$/,
      model: 'anywhere',
      meters: 'none',
      job: anthropicBatch,
      answerAddress: 'results_url',
    },
    {
      name: 'batch results',
      method: 'GET',
      path: /^\/v1\/messages\/batches\/(?<job>[^/]+)\/results$/,
      model: 'none',
      meters: 'tokens',
      isFree: true,
      job: anthropicResults,
    },
    {
      name: 'batches',
      path: /^\/v1\/messages\/batches(?:\/[^/]+){1,2}$/,
      model: 'anywhere',
      meters: 'none',
      isFree: true,
      job: anthropicBatch,
      answerAddress: 'results_url',
    },
    { name: 'chat', capability: 'chat', method: 'POST', path: compatible, model: 'body', meters: 'tokens' },
    {
      name: 'completions',
      capability: 'chat',
      method: 'POST',
      path: /^\/v1\/complete$/,
      model: 'body',
      meters: 'none',
    },
    { name: 'models', path: /^\/v1\/models(?:\/[^/]+)?$/, model: 'none', meters: 'none' },
    { name: 'files', path: /^\/v1\/files(?:\/[^/]+){0,2}$/, model: 'none', meters: 'none', isFree: true },
  ],
  capabilities: ['chat', 'vision'],
  models: [
    {
      id: 'claude-sonnet-5-5',
      hint: 'balanced',
      recommended: true,
      capabilities: ['chat', 'vision'],
    },
    { id: 'claude-haiku-5-5', hint: 'fastest_and_cheapest', capabilities: ['chat', 'vision'] },
    { id: 'claude-opus-5-5', hint: 'for_long_tasks', capabilities: ['chat', 'vision'] },
    { id: 'claude-fable-5-2', hint: 'largest_and_dearest', capabilities: ['chat', 'vision'] },
    { id: 'claude-opus-4-8', hint: 'earlier_generation', capabilities: ['chat', 'vision'] },
    { id: 'claude-haiku-4-5', hint: 'earlier_fast', capabilities: ['chat', 'vision'] },
  ],
  defaultModels: { chat: 'claude-sonnet-5-5', vision: 'claude-sonnet-5-5' },
  probes: {
    authenticate: { method: 'GET', path: '/v1/models?limit=1', headers: version },
    can: { chat, vision: chat },
  },
  readFailure: reading.readFailure,
  readStreamOpening: reading.readStreamOpening,
  usage: anthropicUsage,
  priceFactors: anthropicPriceFactors,
  openai: { base: '/v1', routes: ['chat/completions', 'models'] },
  // That route drops caching and strict tools.
  translations: { 'chat/completions': 'anthropic_messages' },
  notes: [
    'Credit that is used up answers 400; Ownkey reads it as `quota_exhausted`.',
    'The `anthropic-version` header goes through as the caller sent it: version 2026-10-21 refuses `temperature`, `top_p` and `top_k`.',
    'A batch names the address of its results, to which the SDK’s `batches.results()` goes: Ownkey tells it as an address of its own (`results_url`), so that no Ownkey token goes to Anthropic.',
    'The OpenAI-compatible route exists for trying; it has no prompt caching and ignores `strict`.',
  ],
}
