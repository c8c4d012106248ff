import { type Json, listOf, recordOf, textOf } from '../json.ts'

/** A candidate's `logprobsResult` as OpenAI's `logprobs`; undefined when it has none. */
export function logprobsOf(candidate: Json): Json | undefined {
  const { chosenCandidates, topCandidates } = recordOf(candidate['logprobsResult'])
  const chosen = listOf(chosenCandidates).map(recordOf)
  if (chosen.length === 0) return undefined
  const tops = listOf(topCandidates).map((one) => listOf(recordOf(one)['candidates']).map(recordOf))
  const content = chosen.map((one, at) => ({ ...tokenOf(one), top_logprobs: (tops[at] ?? []).map(tokenOf) }))
  return { content, refusal: null }
}

function tokenOf({ token, logProbability }: Json): Json {
  const text = textOf(token)
  return {
    token: text,
    logprob: typeof logProbability === 'number' ? logProbability : null,
    bytes: [...Buffer.from(text)],
  }
}
