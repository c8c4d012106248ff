import type { Counts, Usage } from '../providers/index.ts'

/** What a job has counted on one model and under the same terms. */
export interface JobPart {
  model: string | undefined
  terms: readonly string[]
  counts: Counts
}

/** A batch names a few models; what a strange server names beyond that has no price of its own. */
const mostParts = 100

export function partsOf(model: string | undefined, { terms = [], others = [], ...counts }: Usage): JobPart[] {
  return [
    { model, terms, counts },
    ...others.map(({ model: other, ...rest }) => ({ model: other, terms, counts: rest })),
  ]
}

export function addPart(parts: JobPart[], { model, terms, counts }: JobPart): void {
  const same = parts.find((part) => part.model === model && part.terms.join() === terms.join())
  const unknown = parts.length < mostParts ? undefined : parts[mostParts - 1]
  const sum = same ?? unknown
  if (sum !== undefined) sum.counts = sumOf(sum.counts, counts)
  else parts.push(parts.length === mostParts - 1 ? { model: undefined, terms: [], counts } : { model, terms, counts })
}

/** The counts of the first part, with the others beside them, and the model that they are of. */
export function usageOf([first, ...others]: readonly JobPart[]):
  | { model: string | undefined; usage: Usage }
  | undefined {
  if (first === undefined) return undefined
  const { model, terms, counts } = first
  const beside = others.map((part) => ({ model: part.model ?? '', ...withTerms(part.counts, part.terms) }))
  return { model, usage: { ...withTerms(counts, terms), ...(beside.length > 0 && { others: beside }) } }
}

/** All that they count, and more where more was counted before. */
export function mostOf(counted: Counts, parts: readonly JobPart[]): Counts {
  const told = parts.reduce<Counts>((sum, part) => sumOf(sum, part.counts), {})
  return combine(counted, told, Math.max)
}

/** What of the parts goes beyond what was counted before. */
export function beyond(counted: Counts, parts: readonly JobPart[]): JobPart[] {
  let left = counted
  const more: JobPart[] = []
  for (const part of parts) {
    const counts = combine(part.counts, left, (told, before) => Math.max(0, told - before))
    left = combine(left, part.counts, (before, told) => Math.max(0, before - told))
    if (sizeOf([{ ...part, counts }]) > 0) more.push({ ...part, counts })
  }
  return more
}

/** More than 0 where anything was counted. */
export function sizeOf(parts: readonly JobPart[]): number {
  return parts.reduce((sum, { counts }) => Object.values(counts).reduce((all, count: number) => all + count, sum), 0)
}

export function hasCounts(usage: Usage): boolean {
  return sizeOf(partsOf(undefined, usage)) > 0
}

function sumOf(one: Counts, other: Counts): Counts {
  return combine(one, other, (count, more) => count + more)
}

function combine(one: Counts, other: Counts, how: (one: number, other: number) => number): Counts {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Counts>
  const counts: Counts = {}
  for (const name of names) counts[name] = how(one[name] ?? 0, other[name] ?? 0)
  return counts
}

function withTerms(counts: Counts, terms: readonly string[]): Usage {
  return terms.length > 0 ? { ...counts, terms } : counts
}
