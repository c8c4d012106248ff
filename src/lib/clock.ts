/** Both times that a program needs. Tests pass their own. */
export interface Clock {
  /** Wall time in milliseconds since 1970: for dates, expiries, what people see. May jump. */
  now(): number
  /** Milliseconds that only grow: for ages and deadlines. Means nothing outside this process. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
