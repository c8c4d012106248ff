/**
 * What the books must say by what is promised, in whole numbers and without a line of the server's code: credits, allowances, quotas
 * and costs of requests that come one after the other.
 */

/** Whole pico-units (10^-12 of the currency) for a million tokens. */
export interface OraclePrice {
  currency: string
  input: bigint
  output: bigint
}

export interface OraclePlan {
  monthlyCredits: number
  credits: { ownKey: number; platformKey: number }
  /** Of the one meter, by month. */
  quota: { limit: number; ownKeyExempt: boolean; count: 'successes' | 'attempts' } | undefined
}

export interface OracleEntry {
  requestId: string
  keySource: 'organization' | 'platform'
  model: string
  user: string
  day: string
  status: number
  errorClass: string | null
  fallbackClass: string | null
  credits: number
  inputTokens: number | null
  outputTokens: number | null
  /** Amount and currency; null: unpriced, or nothing was served. */
  cost: { amount: string; currency: string } | null
}

export interface Asked {
  requestId: string
  model: string
  user: string
  /** What each key is answered with: 200, or the status of a failure. */
  own: number
  platform: number
  usage: { input: number; output: number }
}

export const failures: Readonly<Record<number, string>> = { 400: 'request_invalid', 500: 'provider_error' }
const neverFallsBack = 400

export function decimal(pico: bigint): string {
  const digits = pico.toString().padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return `${digits.slice(0, -12)}${fraction === '' ? '' : `.${fraction}`}`
}

export function picoOf(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.')
  return BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, '0'))
}

/** Half a pico-unit is rounded up, line by line. */
const perMillion = (tokens: number, rate: bigint) => (2n * BigInt(tokens) * rate + 1_000_000n) / 2_000_000n

export class BooksOracle {
  readonly entries: OracleEntry[] = []
  plan = ''
  hasOwnKey = false
  private granted = 0
  private readonly grants = new Map<string, { amount: number; balance: number }>()
  private allowance = { month: '', size: 0, spent: 0 }
  private readonly used = new Map<string, number>()
  private readonly plans: Readonly<Record<string, OraclePlan>>
  private readonly prices: Readonly<Record<string, OraclePrice>>

  constructor(plans: Readonly<Record<string, OraclePlan>>, prices: Readonly<Record<string, OraclePrice>>) {
    this.plans = plans
    this.prices = prices
  }

  /** Credits that are left: what was granted, and the month's own, which are spent first. */
  balance(day: string): number {
    this.beginMonth(day)
    return this.granted + Math.max(0, this.allowance.size - this.allowance.spent)
  }

  quotaUsed(day: string): number {
    return this.used.get(day.slice(0, 7)) ?? 0
  }

  /** @returns the status that the caller gets, or `refused` */
  ask(asked: Asked, day: string): number | 'refused' {
    const first = this.attempt(asked, { day, own: this.hasOwnKey, fallbackClass: null })
    if (first === undefined) return 'refused'
    if (!this.hasOwnKey || asked.own === 200 || asked.own === neverFallsBack) return first
    return this.attempt(asked, { day, own: false, fallbackClass: failures[asked.own] as string }) ?? first
  }

  /** @returns the balance that is told, or the code of the refusal */
  grant(key: string, amount: number, day: string): number | string {
    const known = this.grants.get(key)
    if (known !== undefined) return known.amount === amount ? known.balance : 'idempotency_conflict'
    if (this.granted + amount < 0) return 'balance_too_low'
    this.granted += amount
    const balance = this.balance(day)
    this.grants.set(key, { amount, balance })
    return balance
  }

  private get terms(): OraclePlan {
    return this.plans[this.plan] as OraclePlan
  }

  /** The rest of the month before lapses; a plan that gives something gives it once a month. */
  private beginMonth(day: string): void {
    const month = day.slice(0, 7)
    const size = this.terms.monthlyCredits
    if (month !== this.allowance.month || (this.allowance.size === 0 && size > 0))
      this.allowance = { month, size, spent: 0 }
  }

  private attempt(
    asked: Asked,
    { day, own, fallbackClass }: { day: string; own: boolean; fallbackClass: string | null },
  ): number | undefined {
    const { credits, quota } = this.terms
    const price = own ? credits.ownKey : credits.platformKey
    const counts = !(own && (quota?.ownKeyExempt ?? true))
    if (price > this.balance(day) || (counts && quota !== undefined && this.quotaUsed(day) >= quota.limit))
      return undefined
    const status = own ? asked.own : asked.platform
    const isServed = status === 200
    if (isServed) this.take(price)
    if (counts && (isServed || quota?.count === 'attempts')) this.used.set(day.slice(0, 7), this.quotaUsed(day) + 1)
    const { requestId, model, user, usage } = asked
    this.entries.push({
      requestId,
      keySource: own ? 'organization' : 'platform',
      model,
      user,
      day,
      status,
      errorClass: failures[status] ?? null,
      fallbackClass,
      credits: isServed ? price : 0,
      inputTokens: isServed ? usage.input : null,
      outputTokens: isServed ? usage.output : null,
      cost: isServed ? this.costOf(model, usage) : null,
    })
    return status
  }

  private take(credits: number): void {
    const own = Math.max(0, this.allowance.size - this.allowance.spent)
    this.allowance.spent += credits
    this.granted -= Math.max(0, credits - own)
  }

  private costOf(model: string, { input, output }: Asked['usage']): OracleEntry['cost'] {
    const price = this.prices[model]
    if (price === undefined) return null
    return {
      amount: decimal(perMillion(input, price.input) + perMillion(output, price.output)),
      currency: price.currency,
    }
  }
}
