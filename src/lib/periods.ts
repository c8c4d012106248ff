/** Milliseconds at which the day or month (UTC) of this moment began. */
export function periodStart(per: 'day' | 'month', at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), per === 'day' ? date.getUTCDate() : 1)
}

/** The milliseconds at which it ends and the next one begins. */
export function periodEnd(per: 'day' | 'month', at: number): number {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return per === 'day' ? Date.UTC(year, month, date.getUTCDate() + 1) : Date.UTC(year, month + 1, 1)
}

export const dayMs = 86_400_000

/** Whole days (UTC) from today until a date; below zero: it is over. @param date `YYYY-MM-DD` */
export function daysUntil(date: string, now: number): number {
  return (Date.parse(`${date}T00:00:00Z`) - periodStart('day', now)) / dayMs
}
