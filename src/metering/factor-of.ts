import { findProvider } from '../providers/index.ts'

export interface Served {
  provider: string
  model: string
  terms: readonly string[] | undefined
  host: string | undefined
}

/** By how much an answer's price differs from the usual one; undefined: it was served under terms whose price is not known. */
export function factorOf({ provider, model, terms = [], host = '' }: Served): number | undefined {
  const rows = findProvider(provider)?.priceFactors
  if (rows === undefined) return terms.length === 0 ? 1 : undefined
  let factor = 1
  for (const row of rows)
    if (row.host?.test(host) && (row.model === undefined || row.model.test(model))) factor *= row.factor
  for (const term of terms) {
    const row = rows.find((each) => each.term === term && (each.model === undefined || each.model.test(model)))
    if (row === undefined) return undefined
    factor *= row.factor
  }
  return factor
}
