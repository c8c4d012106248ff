import { createContext, type ReactNode, useContext, useMemo } from 'react'

/**
 * Stands in for react-i18next where every byte counts: the same `t` for what our texts use, which is `{{name}}` and plurals
 * by `count`. The widget's build puts it there; the console keeps the library.
 */
export interface Texts {
  [name: string]: string | Texts
}

interface Language {
  locale: string
  texts: Texts
  /** English, for what a translation lacks. */
  otherwise: Texts
}

type Values = Readonly<Record<string, unknown>>
type Translate = (key: string, values?: Values) => string

const LanguageContext = createContext<{ t: Translate; i18n: { language: string } } | null>(null)

export function LanguageProvider({ children, locale, texts, otherwise }: Language & { children: ReactNode }) {
  const value = useMemo(
    () => ({ t: createTranslate({ locale, texts, otherwise }), i18n: { language: locale } }),
    [locale, texts, otherwise],
  )
  return <LanguageContext value={value}>{children}</LanguageContext>
}

export function useTranslation() {
  const value = useContext(LanguageContext)
  if (!value) throw new Error('There is no LanguageProvider around this view.')
  return value
}

export function createTranslate({ locale, texts, otherwise }: Language): Translate {
  const plural = new Intl.PluralRules(locale)
  return (key, values = {}) => {
    const { count } = values
    const names = typeof count === 'number' ? [`${key}_${plural.select(count)}`, `${key}_other`, key] : [key]
    const found = [texts, otherwise].flatMap((source) => names.flatMap((name) => textAt(source, name) ?? []))[0]
    return (found ?? key).replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ''))
  }
}

function textAt(texts: Texts, key: string): string | undefined {
  let place: string | Texts | undefined = texts
  for (const part of key.split('.')) place = typeof place === 'object' ? place[part] : undefined
  return typeof place === 'string' ? place : undefined
}
