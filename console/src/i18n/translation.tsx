import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { createTranslation, type Language, type Translation } from './create-translation.ts'

export type { Texts, Translate } from './create-translation.ts'

const LanguageContext = createContext<Translation | null>(null)

export function LanguageProvider({ children, locale, texts, otherwise }: Language & { children: ReactNode }) {
  const value = useMemo(
    () => createTranslation({ locale, texts, ...(otherwise && { otherwise }) }),
    [locale, texts, otherwise],
  )
  return <LanguageContext value={value}>{children}</LanguageContext>
}

export function useTranslation(): Translation {
  const value = useContext(LanguageContext)
  if (!value) throw new Error('There is no LanguageProvider around this view.')
  return value
}
