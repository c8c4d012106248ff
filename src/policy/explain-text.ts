import type { Attempt, Decision, Skipped } from './decision.ts'

/** A decision as lines for a terminal: what is tried in order, or the refusal with its remedy, then what does not serve and why. */
export function explainText(decision: Decision): string {
  const { attempts, refusal, skipped } = decision
  const outcome = refusal
    ? [`Refused (${refusal.code}): ${refusal.reason}`, `  What to do: ${refusal.fix}`]
    : attempts.flatMap(attemptLines)
  const passedOver = skipped.length === 0 ? [] : ['Does not serve:', ...skipped.map(skippedLine)]
  return [...outcome, ...passedOver].join('\n')
}

function attemptLines(attempt: Attempt, index: number): string[] {
  const { source, provider, model, host, region, credits, meter, fallbackOn, reason } = attempt
  const facts = [
    `${source} key`,
    provider,
    ...(model === undefined ? [] : [model]),
    region === undefined || region === 'global' ? host : `${host} (${region})`,
    `${credits} ${credits === 1 ? 'credit' : 'credits'}`,
    ...(meter === undefined ? [] : [`counts toward ${meter}`]),
  ]
  const next = fallbackOn.length === 0 ? [] : [`   moves on after: ${fallbackOn.join(', ')}`]
  return [`${index + 1}. ${facts.join(' · ')}`, `   ${reason}`, ...next]
}

function skippedLine({ source, provider, code, reason }: Skipped): string {
  return `- ${source} key · ${provider} (${code}): ${reason}`
}
