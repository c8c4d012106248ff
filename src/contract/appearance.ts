/**
 * How the pages may look and speak: what the configuration offers, and what the pages can do with it. The pages import this file
 * itself: the index would bring every schema into their scripts.
 */

/** The languages that the pages are written in, each by its own name; a region behind one (es-MX) is for dates and numbers. */
export const pageLanguages = { en: 'English', zh: '中文', hi: 'हिन्दी', es: 'Español', de: 'Deutsch' } as const
export type PageLanguage = keyof typeof pageLanguages

/** The language of a locale, whatever its region or script: `zh` of `zh-Hans`. */
export function languageOf(locale: string): string {
  return locale.toLowerCase().split('-')[0] as string
}

export function isPageLanguage(language: string): language is PageLanguage {
  return Object.hasOwn(pageLanguages, language)
}

/** The names in `platform.colors` by which the pages take their one color; the first one given counts. */
export const accentNames = ['accent', 'primary', 'brand'] as const

/** The six digits of `#rgb` or `#rrggbb`; undefined: no color that the pages can use. */
export function hexDigitsOf(color: string): string | undefined {
  const hex = /^#([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(color.trim())?.[1]
  return hex?.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex
}
