const firstMs = 5_000
const factor = 3
const longestMs = 10 * 3_600_000
/** After so many tries a delivery is a dead letter. */
const tries = 11
const jitter = 0.2

/**
 * How long to wait after a failed try: 5 s, 15 s, 45 s … 10 h, each up to a fifth shorter or longer, so that what failed
 * together is not tried again together. Undefined after the last one, about a day after the first.
 * @param attempts tries so far, from 1
 * @param random from 0 to 1
 */
export function retryDelayMs(attempts: number, random: () => number = Math.random): number | undefined {
  if (attempts >= tries) return undefined
  const planned = Math.min(firstMs * factor ** (attempts - 1), longestMs)
  return Math.round(planned * (1 - jitter + 2 * jitter * random()))
}

/** From the first try to the last one, without jitter. */
export function lastTryAfterMs(): number {
  let sum = 0
  for (let attempt = 1; attempt < tries; attempt++) sum += retryDelayMs(attempt, () => 0.5) ?? 0
  return sum
}
