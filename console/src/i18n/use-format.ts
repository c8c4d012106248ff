import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

/** Numbers, money, dates and lists as the reader's locale writes them. */
export function useFormat() {
  const { i18n } = useTranslation()
  return useMemo(() => formatter(i18n.language), [i18n.language])
}

function formatter(locale: string) {
  const whole = new Intl.NumberFormat(locale)
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' })
  const shortDay = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' })
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  return {
    whole: (value: number) => whole.format(value),
    /** A part of 1. */
    percent: (value: number) => percent.format(value),
    compact: (value: number) => compact.format(value),
    /** A decimal as text, in its currency; small amounts keep their digits. */
    money: (amount: string | number, currency: string) =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        maximumFractionDigits: Number(amount) !== 0 && Math.abs(Number(amount)) < 1 ? 4 : 2,
      }).format(Number(amount)),
    /** `YYYY-MM-DD` or an ISO time, as a day. */
    day: (value: string) => day.format(new Date(value)),
    shortDay: (value: string) => shortDay.format(new Date(value)),
    time: (value: string) => time.format(new Date(value)),
    ago: (value: string) => {
      const seconds = (Date.parse(value) - Date.now()) / 1000
      const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
      return relative.format(Math.round(seconds / size), unit)
    },
    list: (values: readonly string[]) => list.format(values),
  }
}

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]
