import type { Usage } from '../providers/index.ts'

/** Provider cost in millionths of a millionth (10^-12) of the currency's unit: whole, exact. */
export interface Cost {
  costPico: number
  currency: string
}

/** What is to be priced. `at` in milliseconds. */
export interface Sale {
  provider: string
  model?: string | undefined
  usage: Usage
  at: number
}
