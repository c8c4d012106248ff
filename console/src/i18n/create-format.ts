export type Format = ReturnType<typeof createFormat>

/** Numbers, money, dates and lists as the locale writes them. */
export function createFormat(locale: string) {
  const whole = once(() => new Intl.NumberFormat(locale))
  const compact = once(() => new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }))
  const day = once(() => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }))
  const shortDay = once(() => new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' }))
  const localDay = once(() => new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }))
  const time = once(() => new Intl.DateTimeFormat(locale, toTheMinute))
  const relative = once(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))
  const list = once(() => new Intl.ListFormat(locale, { type: 'conjunction' }))
  return {
    whole: (value: number) => whole().format(value),
    compact: (value: number) => compact().format(value),
    /** A decimal as text, in its currency; small amounts keep their digits. */
    money: (amount: string | number, currency: string) =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        maximumFractionDigits: Number(amount) !== 0 && Math.abs(Number(amount)) < 1 ? 4 : 2,
      }).format(Number(amount)),
    /** A day of the calendar, `YYYY-MM-DD`. */
    day: (value: string) => day().format(new Date(value)),
    shortDay: (value: string) => shortDay().format(new Date(value)),
    /** The day of a moment, where the reader is. */
    dayOf: (value: string) => localDay().format(new Date(value)),
    /** A moment where the reader is, with the time zone. */
    time: (value: string) => time().format(new Date(value)),
    ago: (value: string) => {
      const seconds = (Date.parse(value) - Date.now()) / 1000
      const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
      return relative().format(Math.trunc(seconds / size), unit)
    },
    list: (values: readonly string[]) => list().format(values),
  }
}

/** `timeStyle` would say no time zone. */
const toTheMinute: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  timeZoneName: 'short',
}

function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined
  return () => {
    made ??= make()
    return made
  }
}

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]
