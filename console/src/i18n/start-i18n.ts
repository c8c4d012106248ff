import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { keep } from '../shell/kept.ts'
import { directionOf, type Locale } from './locales.ts'

/** Prepares translations; texts come by `useLocaleTexts`. React escapes what is interpolated, so i18next need not. */
export const i18nReady = i18next.use(initReactI18next).init({
  lng: 'en',
  fallbackLng: 'en',
  resources: {},
  interpolation: { escapeValue: false },
  react: { useSuspense: false },
  returnNull: false,
})

type Texts = Record<string, unknown>
const sources = import.meta.glob<{ default: Texts }>('../locales/*.json')

/** Fetches the locale's texts once and makes it the page's language. */
export async function showLocale(locale: Locale): Promise<void> {
  await i18nReady
  if (!i18next.hasResourceBundle(locale, 'translation')) {
    const source = await sources[`../locales/${locale}.json`]?.()
    i18next.addResourceBundle(locale, 'translation', source?.default ?? {})
  }
  await i18next.changeLanguage(locale)
  document.documentElement.lang = locale
  document.documentElement.dir = directionOf(locale)
  keep('localStorage', 'ownkey.locale', locale)
}
