import { useTranslation } from '../i18n/translation.tsx'
import { ServerText } from './server-text.tsx'

type Values = Readonly<Record<string, unknown>>

/**
 * The sentence for a code of the server's in the reader's language; undefined where there is none. Where the facts have more
 * to tell, the sentence that tells it (`sentenceVariants` of the contract). English has none of its own: the server writes it.
 */
export function useSaid(): (code: string, values?: Values) => string | undefined {
  const { t, has } = useTranslation()
  return (code, values = {}) => {
    const name = `said.${code}`
    const variants = Object.entries(values).flatMap(([fact, value]) =>
      value ? [`${name}_${fact}`, `${name}_${value}`] : [],
    )
    const found = [...variants, name].find(has)
    const word = (value: unknown) => (has(`said.word.${value}`) ? t(`said.word.${value}`) : value)
    const capScope = [word(values['capScope']), values['capName']].filter(Boolean).join(': ')
    return found && t(found, { ...values, per: word(values['per']), capScope })
  }
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
