/** A part of 1 as the locale writes it. */
export function percent(part: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(part)
}
