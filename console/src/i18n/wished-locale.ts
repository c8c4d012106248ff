import { readKept } from '../shell/kept.ts'
import { bestLocale, type Locale } from './locales.ts'

/** The language for an address that names none: the session's, the last one used here, the browser's. */
export function wishedLocale(ofSession: string | null | undefined): Locale {
  return bestLocale([ofSession, readKept('localStorage', 'ownkey.locale'), ...navigator.languages])
}
