/** The languages that the page is written in, each by its own name. A locale's texts are fetched when it is used. */
export const languageNames = { en: 'English', zh: '中文', hi: 'हिन्दी', es: 'Español', de: 'Deutsch' } as const
export type Locale = keyof typeof languageNames
export const locales = Object.keys(languageNames) as Locale[]

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur'])

export function isLocale(value: string | undefined | null): value is Locale {
  return value != null && Object.hasOwn(languageNames, value)
}

/** The first of the wishes that we have, looking at the language only ("zh-Hans" is "zh"). */
export function bestLocale(wishes: readonly (string | null | undefined)[]): Locale {
  for (const wish of wishes) {
    const language = wish?.toLowerCase().split('-')[0]
    if (isLocale(language)) return language
  }
  return 'en'
}

export function directionOf(locale: string): 'ltr' | 'rtl' {
  return rightToLeft.has(locale.split('-')[0] ?? '') ? 'rtl' : 'ltr'
}
