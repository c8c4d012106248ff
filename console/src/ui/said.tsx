import { useTranslation } from '../i18n/translation.tsx'
import { ServerText } from './server-text.tsx'

type Values = Readonly<Record<string, unknown>>

/**
 * The sentence for a code of the server's in the reader's language; undefined where there is none. English has none of its
 * own: the server writes English, and more exactly.
 */
export function useSaid(): (code: string, values?: Values) => string | undefined {
  const { t, has } = useTranslation()
  return (code, values) => (has(`said.${code}`) ? t(`said.${code}`, values) : undefined)
}

interface SaidProps {
  /** Group and code: `skip.no_key`, `error.rate_limited.fix`. */
  code: string
  values?: Values
  className?: string
  /** The server's own sentence, for when the code has none in this language. */
  children: string
}

/** What the server says, in the reader's language as far as its code is known. */
export function Said({ code, values, className, children }: SaidProps) {
  const said = useSaid()(code, values)
  if (said === undefined) return <ServerText {...(className ? { className } : {})}>{children}</ServerText>
  return <span className={className}>{said}</span>
}
