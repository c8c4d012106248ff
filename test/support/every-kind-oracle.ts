/**
 * What the books must say of every kind of request, by what is promised and without a line of the server's code: of what is told in
 * tokens, characters and seconds, of sockets, and of jobs whose counts are told later, at prices and on plans that change.
 */
import { decimal } from './books-oracle.ts'

/** Whole pico-units (10^-12 of the currency): for a million tokens, 1 000 characters, a minute or 1 000 requests. */
export interface Rates {
  currency: string
  /** The first day on which it holds. */
  from?: string
  input?: bigint
  output?: bigint
  cacheRead?: bigint
  cacheWrite?: bigint
  cacheWriteHour?: bigint
  inputAudio?: bigint
  outputAudio?: bigint
  characters?: bigint
  audioMinute?: bigint
  requests?: bigint
}

/** Provider → model, or a beginning of models with `*`, in the order in which they are asked. */
export type Prices = Readonly<Record<string, Readonly<Record<string, Rates>>>>

export interface Terms {
  monthlyCredits: number
  credits: Readonly<Record<string, { ownKey: number; platformKey: number }>>
  quota: { limit: number; per: 'day' | 'month'; ownKeyExempt: boolean }
}

/** What a provider told of an answer. `inputTokens` are those that no cache knows; tokens of sound are among the others. */
export interface Counts {
  inputTokens?: number
  outputTokens?: number
  cacheReadTokens?: number
  cacheWriteTokens?: number
  reasoningTokens?: number
  characters?: number
  audioSeconds?: number
}
export interface Parts {
  inputAudio?: number
  outputAudio?: number
  cacheWriteHour?: number
}

export interface Wish {
  requestId: string
  provider: string
  /** As far as the request names it. */
  model: string | null
  feature: string
  user: string
  /** The feature counts toward the one meter. */
  isMetered: boolean
  /** The organization has the add-on that the feature needs, if it needs one. */
  isIncluded: boolean
}

export interface Entry {
  requestId: string
  provider: string
  feature: string
  user: string
  keySource: 'organization' | 'platform'
  state: 'settled' | 'released'
  status: number
  errorClass: string | null
  fallbackClass: string | null
  credits: number
  model: string | null
  inputTokens: number | null
  outputTokens: number | null
  cacheReadTokens: number | null
  cacheWriteTokens: number | null
  reasoningTokens: number | null
  characters: number | null
  audioSeconds: number | null
  cost: { amount: string; currency: string } | null
  /** Of the day on which it began. */
  day: string
}

interface Beginning {
  fallbackClass?: string | null
  /** Neither credits nor a count are taken: what is fetched was charged when it was ordered. */
  isFree?: boolean
}

/** A half is rounded up, line by line. */
const share = (count: number, rate: bigint, per: bigint) => (2n * BigInt(count) * rate + per) / (2n * per)

export class EveryKindOracle {
  readonly entries: Entry[] = []
  prices: Prices = {}
  terms: Terms
  readonly ownKeys = new Set<string>()
  private granted = 0
  private allowance = { month: '', size: 0, spent: 0 }
  private readonly used = new Map<string, number>()

  constructor(terms: Terms) {
    this.terms = terms
  }

  /** Credits that are left: what was granted, and the month's own, which are spent first. */
  balance(day: string): number {
    const month = day.slice(0, 7)
    const size = this.terms.monthlyCredits
    if (month !== this.allowance.month || (this.allowance.size === 0 && size > 0))
      this.allowance = { month, size, spent: 0 }
    return this.granted + Math.max(0, this.allowance.size - this.allowance.spent)
  }

  /** @returns the balance that is told; undefined: less was granted than is to be taken back */
  grant(amount: number, day: string): number | undefined {
    if (this.granted + amount < 0) return undefined
    this.granted += amount
    return this.balance(day)
  }

  quotaUsed(day: string): number {
    return this.used.get(this.period(day)) ?? 0
  }

  /** The entry of one attempt, charged as if it were served; undefined: it is refused. */
  begin(wish: Wish, day: string, { fallbackClass = null, isFree = false }: Beginning = {}): Entry | undefined {
    const isOwn = fallbackClass === null && this.ownKeys.has(wish.provider)
    const { quota, credits } = this.terms
    const pair = credits[wish.feature] as Terms['credits'][string]
    const price = isFree ? 0 : isOwn ? pair.ownKey : pair.platformKey
    if (!wish.isIncluded) return undefined
    const counts = wish.isMetered && !isFree && !(isOwn && quota.ownKeyExempt)
    if (price > this.balance(day) || (counts && this.quotaUsed(day) >= quota.limit)) return undefined
    const ownLeft = Math.max(0, this.allowance.size - this.allowance.spent)
    this.allowance.spent += price
    this.granted -= Math.max(0, price - ownLeft)
    if (counts) this.used.set(this.period(day), this.quotaUsed(day) + 1)
    const { requestId, provider, feature, user, model } = wish
    const keySource = isOwn ? 'organization' : 'platform'
    const entry: Entry = {
      ...{ requestId, provider, feature, user, keySource, state: 'settled', status: 200, errorClass: null },
      ...{ fallbackClass, credits: price, model, inputTokens: null, outputTokens: null, cacheReadTokens: null },
      ...{ cacheWriteTokens: null, reasoningTokens: null, characters: null, audioSeconds: null, cost: null, day },
    }
    this.entries.push(entry)
    return entry
  }

  /** It failed before anything was served: what it took is given back. Nothing else may have been charged in between. */
  fail(entry: Entry, { status, errorClass }: { status: number; errorClass: string }, wish: Wish): void {
    const beyond = Math.max(0, this.allowance.spent - this.allowance.size)
    this.granted += Math.min(beyond, entry.credits)
    this.allowance.spent -= entry.credits
    const counts = wish.isMetered && !(entry.keySource !== 'platform' && this.terms.quota.ownKeyExempt)
    if (counts) this.used.set(this.period(entry.day), this.quotaUsed(entry.day) - 1)
    Object.assign(entry, { status, errorClass, state: 'released', credits: 0 })
  }

  /** It was served, and this was told. */
  serve(entry: Entry, counts: Counts, parts: Parts = {}): void {
    Object.assign(entry, counts)
    entry.cost = this.costOf(entry, counts, parts)
  }

  /** What the provider bills nothing for. */
  free(entry: Entry): void {
    const [first] = Object.values(this.prices[entry.provider] ?? {})
    entry.cost = { amount: '0', currency: first?.currency ?? 'USD' }
  }

  private period(day: string): string {
    return `${this.terms.quota.per} ${this.terms.quota.per === 'day' ? day : day.slice(0, 7)}`
  }

  private costOf({ provider, model, day }: Entry, counts: Counts, parts: Parts): Entry['cost'] {
    const found = Object.entries(this.prices[provider] ?? {}).find(
      ([name, { from }]) =>
        (name.endsWith('*') ? (model ?? '').startsWith(name.slice(0, -1)) : model === name) &&
        (from === undefined || from <= day),
    )
    if (found === undefined) return null
    const [, rates] = found
    const { input = 0n, output = 0n, cacheRead = input, cacheWrite = input, characters, audioMinute } = rates
    /** What has a price of its own is a line of its own. */
    const apart = (count: number | undefined, rate: bigint | undefined) => (rate === undefined ? 0 : (count ?? 0))
    const inputAudio = apart(parts.inputAudio, rates.inputAudio)
    const outputAudio = apart(parts.outputAudio, rates.outputAudio)
    const writtenForHour = apart(parts.cacheWriteHour, rates.cacheWriteHour)
    const tokens: [number, bigint | undefined][] = [
      [(counts.inputTokens ?? 0) - inputAudio, input],
      [inputAudio, rates.inputAudio],
      [(counts.outputTokens ?? 0) - outputAudio, output],
      [outputAudio, rates.outputAudio],
      [counts.cacheReadTokens ?? 0, cacheRead],
      [(counts.cacheWriteTokens ?? 0) - writtenForHour, cacheWrite],
      [writtenForHour, rates.cacheWriteHour],
    ]
    let sum = tokens.reduce((all, [count, rate]) => all + share(count, rate ?? 0n, 1_000_000n), 0n)
    if (characters !== undefined) sum += share(counts.characters ?? 0, characters, 1_000n)
    if (audioMinute !== undefined) sum += share(Math.round((counts.audioSeconds ?? 0) * 1000), audioMinute, 60_000n)
    if (rates.requests !== undefined) sum += share(1, rates.requests, 1_000n)
    return { amount: decimal(sum), currency: rates.currency }
  }
}
