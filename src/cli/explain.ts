import type { ExplainedDecision } from '../contract/index.ts'
import { counted } from '../lib/index.ts'
import { createLog, readEnvironment } from '../server/index.ts'
import { askApi } from './ask-api.ts'
import type { CommandEntry } from './run.ts'

export const explainCommand: CommandEntry = {
  name: 'explain',
  summary: 'say whose key would serve a request, and why',
  description:
    'Asks the running server (or, when none runs, the database itself) what it would do with a request of this organization and feature. Nothing is sent to a provider.',
  options: [
    { flags: '--org <id>', description: 'the organization', required: true },
    { flags: '--feature <id>', description: 'the feature, as in the configuration', required: true },
    { flags: '--provider <id>', description: 'the provider that is called; without it the decision picks one' },
    {
      flags: '--path <path>',
      description: 'where it is sent, such as /v1/chat/completions: not every provider has each',
    },
    { flags: '--model <id>', description: 'the model that is asked for' },
    { flags: '--user <id>', description: 'the user, where keys belong to users' },
    { flags: '--environment <name>', description: 'the environment (default: production)' },
    { flags: '--config <file>', description: 'the configuration file, when no server runs' },
  ],
  async run({ org, feature, provider, path, model, user, environment: name, config }) {
    const environment = readEnvironment({ configFile: config as string | undefined })
    const asked = { feature, provider, path, model, user, environment: name }
    const answer = await askApi({
      environment,
      log: createLog({ level: 'silent' }),
      path: `/api/v1/orgs/${encodeURIComponent(String(org))}/explain`,
      body: Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)),
    })
    const decision = answer as ExplainedDecision
    return { exitCode: 0, json: decision, lines: describe(decision) }
  },
}

function describe({ attempts, refusal, skipped }: ExplainedDecision): string[] {
  const tried = attempts.flatMap((attempt, index) => [
    `${index + 1}. ${attempt.source} key, ${attempt.providerName}${attempt.model ? `, ${attempt.model}` : ''}, ${attempt.host} (${counted(attempt.credits, 'credit')})`,
    `   ${attempt.reason}`,
    ...(attempt.fallbackOn.length > 0 ? [`   Then the next one on: ${attempt.fallbackOn.join(', ')}.`] : []),
  ])
  const refused = refusal ? [`Refused: ${refusal.code}`, `   ${refusal.reason}`, `   ${refusal.fix}`] : []
  const left = skipped.map(({ source, provider, reason }) => `   ${provider} (${source}): ${reason}`)
  return [...tried, ...refused, ...(left.length > 0 ? ['Not used:', ...left] : [])]
}
