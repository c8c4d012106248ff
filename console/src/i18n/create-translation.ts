/** Texts by name, nested. What stands in them: `{{name}}` for a value, and plurals by `count` (`files_one`, `files_other`). */
export interface Texts {
  [name: string]: string | Texts
}

export interface Language {
  locale: string
  texts: Texts
  /** For what `texts` lacks. */
  otherwise?: Texts
}

type Values = Readonly<Record<string, unknown>>

/** The text of this name with the values filled in; the name itself where there is none. */
export type Translate = (key: string, values?: Values) => string

export interface Translation {
  t: Translate
  /** Whether there is a text of this name. */
  has(key: string): boolean
  locale: string
}

/** Texts with their values filled in: numbers as the locale writes them, all else as it is. */
export function createTranslation({ locale, texts, otherwise = {} }: Language): Translation {
  const plural = new Intl.PluralRules(locale)
  let number: Intl.NumberFormat | undefined
  const written = (value: unknown) => {
    if (typeof value !== 'number') return apart(String(value ?? ''))
    number ??= new Intl.NumberFormat(locale)
    return number.format(value)
  }
  const find = (key: string) => textAt(texts, key) ?? textAt(otherwise, key)
  return {
    locale,
    has: (key) => find(key) !== undefined,
    t(key, values = {}) {
      const { count } = values
      const counted =
        typeof count === 'number' ? (find(`${key}_${plural.select(count)}`) ?? find(`${key}_other`)) : undefined
      const found = counted ?? find(key) ?? key
      return found.replace(/\{\{(\w+)\}\}/g, (_, name: string) => written(values[name]))
    },
  }
}

/** A name in Arabic or Hebrew within a sentence: marks around it keep what stands beside it in the sentence's own order. */
function apart(value: string): string {
  return /[\u0590-\u08ff]/.test(value) ? `\u2068${value}\u2069` : value
}

function textAt(texts: Texts, key: string): string | undefined {
  let place: string | Texts | undefined = texts
  for (const part of key.split('.')) place = typeof place === 'object' ? place[part] : undefined
  return typeof place === 'string' ? place : undefined
}
