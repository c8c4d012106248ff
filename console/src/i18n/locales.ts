import { isPageLanguage, languageOf, type PageLanguage, pageLanguages } from '../../../src/contract/appearance.ts'

/** A locale's texts are fetched when it is used. */
export type Locale = PageLanguage
export const languageNames = pageLanguages
export const locales = Object.keys(pageLanguages) as Locale[]

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur'])

export function isLocale(value: string | undefined | null): value is Locale {
  return value != null && isPageLanguage(value)
}

/** The first of the wishes that we have, looking at the language only ("zh-Hans" is "zh"). */
export function bestLocale(wishes: readonly (string | null | undefined)[]): Locale {
  for (const wish of wishes) {
    const language = wish == null ? undefined : languageOf(wish)
    if (isLocale(language)) return language
  }
  return 'en'
}

export function directionOf(locale: string): 'ltr' | 'rtl' {
  return rightToLeft.has(locale.split('-')[0] ?? '') ? 'rtl' : 'ltr'
}
