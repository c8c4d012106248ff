import type { Usage } from '../providers/index.ts'
import type { Cost } from './cost-of.ts'
import type { EntryStart } from './ledger.ts'
import type { PriceUsage } from './prices.ts'

/** What an attempt will cost, as far as one can tell before it is sent. */
export interface Expectation {
  /** Nothing where nobody knows a price. */
  cost?: Cost | undefined
  /** The same by the request alone. */
  estimate?: Cost | undefined
}

export interface Expectations {
  /** @param usages what the attempt may count, in the ways in which its model may be priced; the first that has a price is taken */
  expect(start: EntryStart, usages: readonly Usage[]): Expectation
  /** Told of what an attempt cost that was expected. */
  learn(start: EntryStart, estimate: Cost | undefined, cost: Cost): void
}

/** What answers cost lately, against what their requests let expect. */
interface Lesson {
  currency: string
  /** Of the estimate, so much was used: most answers end long before their limit. From 0 to 1. */
  share: number
  /** So much came on top: pictures, files and conversations that lie with the provider. */
  beyondPico: number
}

const bound = 5_000
/** A cheaper answer moves what is known by this part towards itself; a dearer one moves it all the way. */
const patience = 8

/**
 * Expects what a request lets estimate, corrected by the answers before it on the same route and model of the organization. At first
 * all that the request may use is expected.
 */
export function createExpectations(price: PriceUsage | undefined): Expectations {
  const lessons = new Map<string, Lesson>()

  function estimateOf({ provider, model, startedAt: at }: EntryStart, usages: readonly Usage[]): Cost | undefined {
    for (const usage of usages) {
      const cost = price?.({ provider, model, usage, at })
      if (cost !== undefined) return cost
    }
    return undefined
  }

  return {
    expect(start, usages) {
      const estimate = estimateOf(start, usages)
      const lesson = lessons.get(nameOf(start))
      if (lesson === undefined || (estimate ?? lesson).currency !== lesson.currency) return { cost: estimate, estimate }
      const costPico = Math.ceil((estimate?.costPico ?? 0) * lesson.share + lesson.beyondPico)
      return { cost: { costPico, currency: lesson.currency }, estimate }
    },
    learn(start, estimate, { costPico, currency }) {
      if (estimate !== undefined && estimate.currency !== currency) return
      const expected = estimate?.costPico ?? 0
      const name = nameOf(start)
      const known = lessons.get(name)
      const { share, beyondPico } = known?.currency === currency ? known : { share: 1, beyondPico: 0 }
      if (lessons.size >= bound && known === undefined) lessons.clear()
      lessons.set(name, {
        currency,
        share: expected === 0 ? share : towards(share, Math.min(1, costPico / expected)),
        beyondPico: towards(beyondPico, Math.max(0, costPico - expected)),
      })
    },
  }
}

function towards(known: number, seen: number): number {
  return seen >= known ? seen : known - (known - seen) / patience
}

function nameOf({ org, provider, model, surface }: EntryStart): string {
  return `${org}\n${provider}\n${model}\n${surface}`
}
