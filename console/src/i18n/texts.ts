import type { Locale } from './locales.ts'
import type { Texts } from './translation.tsx'

const sources = import.meta.glob<{ default: Texts }>('../locales/*.json')
const asked = new Map<Locale, Promise<Texts>>()

/** The locale's texts, fetched once. What failed is fetched anew by whoever asks next. */
export function fetchTexts(locale: Locale): Promise<Texts> {
  const texts = asked.get(locale) ?? load(locale)
  asked.set(locale, texts)
  return texts
}

async function load(locale: Locale): Promise<Texts> {
  try {
    return (await sources[`../locales/${locale}.json`]?.())?.default ?? {}
  } catch (error) {
    asked.delete(locale)
    throw error
  }
}
