import { createFormat, type Format } from './create-format.ts'
import { useTranslation } from './translation.tsx'

export type { Format }

// Making an Intl formatter costs more than drawing the view that wants one, so each is made when it is first used, once.
const formats = new Map<string, Format>()

/** Numbers, money, dates and lists as the reader's locale writes them. */
export function useFormat(): Format {
  const { locale } = useTranslation()
  const format = formats.get(locale) ?? createFormat(locale)
  formats.set(locale, format)
  return format
}
