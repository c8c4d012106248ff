import { expect, test } from 'vitest'
import { readModel } from './read-model.ts'

const names: Readonly<Record<string, string>> = {
  openai: 'openai',
  claude: 'anthropic',
  anthropic: 'anthropic',
  groq: 'groq',
  together: 'together',
}
const find = (name: string) => names[name]
const openai = { id: 'openai', models: ['gpt-4o'] }
const anthropic = { id: 'anthropic', models: ['claude-x'] }
const groq = { id: 'groq', models: ['openai/gpt-oss'] }
const together = { id: 'together', models: [] }

test.each([
  [undefined, [openai], {}],
  ['auto', [openai], {}],
  ['AUTO', [openai], {}],
  ['gpt-4o', [openai, anthropic], { model: 'gpt-4o' }],
  ['claude/claude-y', [openai, anthropic], { provider: 'anthropic', model: 'claude-y' }],
  ['claude/auto', [anthropic], { provider: 'anthropic' }],
  ['openai/gpt-oss', [openai, groq], { model: 'openai/gpt-oss' }],
  ['openai/gpt-new', [openai, groq], { provider: 'openai', model: 'gpt-new' }],
  ['openai/gpt-new', [groq], { model: 'openai/gpt-new' }],
  ['openai/gpt-new', [together], { model: 'openai/gpt-new' }],
  ['openai/gpt-new', [anthropic], { provider: 'openai', model: 'gpt-new' }],
  ['meta-llama/Llama', [anthropic], { model: 'meta-llama/Llama' }],
  ['together/meta-llama/Llama', [together], { provider: 'together', model: 'meta-llama/Llama' }],
] as const)('%s among %j', (name, allowed, asked) => {
  expect(readModel(name, { find, allowed })).toEqual(asked)
})
