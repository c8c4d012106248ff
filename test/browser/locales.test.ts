import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createFormat } from '../../console/src/i18n/create-format.ts'
import { createTranslation } from '../../console/src/i18n/create-translation.ts'
import { locales } from '../../console/src/i18n/locales.ts'
import { warningCodes } from '../../src/config/config-problem.ts'
import {
  auditActions,
  auditFacts,
  byokCodes,
  capabilities,
  checkCodes,
  errorClasses,
  errorTable,
  fieldCodes,
  noticeKinds,
  remarkCodes,
  sentenceVariants,
  sentenceWords,
} from '../../src/contract/index.ts'
import { byCause } from '../../src/control/test-key/verdicts.ts'
import { hostProblems } from '../../src/gateway/egress/host-problems.ts'
import { skipCodes } from '../../src/policy/index.ts'
import { catalogue, modelHints, openaiCompatible } from '../../src/providers/index.ts'
import { keyProblems } from '../../src/vault/inspect-key.ts'

const sources = fileURLToPath(new URL('../../console/src/', import.meta.url))
const plural = /_(zero|one|two|few|many|other)$/

/** Path of every text → the text. */
function textsOf(locale: string): Map<string, string> {
  const texts = new Map<string, string>()
  const walk = (value: unknown, path: string) => {
    if (typeof value === 'string') texts.set(path, value)
    else for (const [name, part] of Object.entries(value as object)) walk(part, path ? `${path}.${name}` : name)
  }
  walk(JSON.parse(readFileSync(join(sources, 'locales', `${locale}.json`), 'utf8')), '')
  return texts
}

/** What the server says in English by itself; other languages have a sentence for each of its codes. */
const isSaid = (key: string) => key.startsWith('said.')
const namesOf = (texts: Map<string, string>) =>
  [...new Set([...texts.keys()].map((key) => key.replace(plural, '')))].sort()
const variablesOf = (text: string) => [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name))].sort()
const english = textsOf('en')
const german = textsOf('de')

/** The catalogue, and what an endpoint of a customer's own is made of. */
const providers = [...catalogue, openaiCompatible({ id: 'own', name: 'Own' })]

/** Every sentence that a page in another language may need for the server's. */
const saidNames = [
  ...Object.keys(errorTable).flatMap((code) => [`error.${code}.message`, `error.${code}.fix`]),
  ...[...errorClasses, ...Object.keys(byCause)].flatMap((code) => [`cause.${code}.reason`, `cause.${code}.fix`]),
  'cause.lacks',
  ...Object.keys(noticeKinds).flatMap((kind) => ['title', 'detail', 'fix'].map((part) => `notice.${kind}.${part}`)),
  ...skipCodes.map((code) => `skip.${code}`),
  ...['own', 'platform', 'behind'].map((place) => `attempt.${place}`),
  ...checkCodes.map((code) => `check.${code}`),
  ...remarkCodes.map((code) => `remark.${code}`),
  ...Object.keys(sentenceVariants),
  ...sentenceWords.map((word) => `word.${word}`),
  ...providers.flatMap(({ keyNeeds }) => Object.keys(keyNeeds).map((code) => `need.${code}`)),
  ...[...Object.keys(modelHints), 'not_allowed'].map((code) => `hint.${code}`),
  ...new Set(providers.flatMap(({ surfaces }) => surfaces.map(({ name }) => `surface.${name.replace(/\W+/g, '_')}`))),
  ...capabilities.map((capability) => `capability.${capability}`),
  // Who acts by the operator's token has no other name.
  'by.operator',
  ...fieldCodes.map((code) => `field.${code}`),
  ...Object.keys(hostProblems).map((problem) => `host.${problem}`),
  ...warningCodes.flatMap((code) => [`warning.${code}.message`, `warning.${code}.fix`]),
]
  .map((name) => `said.${name}`)
  .sort()

describe.each(locales)('the texts of %s', (locale) => {
  const texts = textsOf(locale)

  it('have every key that the English ones have, and no other', () => {
    expect(namesOf(texts).filter((key) => !isSaid(key))).toEqual(namesOf(english))
  })

  it('have a sentence for each code of the server’s, and no other', () => {
    const sentences = locale === 'en' ? [] : saidNames
    expect(namesOf(texts).filter(isSaid)).toEqual(sentences)
  })

  it('have every plural form of their language', () => {
    const forms = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.filter((form) => form !== 'many')
    const counted = namesOf(english).filter((name) => english.has(`${name}_other`))
    const missing = counted.flatMap((name) => forms.map((form) => `${name}_${form}`)).filter((key) => !texts.has(key))
    expect(missing).toEqual([])
  })

  it('fill in the same values', () => {
    const wrong = [...texts].filter(([key, text]) => {
      const model = isSaid(key) ? german.get(key) : (english.get(key) ?? english.get(key.replace(plural, '_other')))
      return variablesOf(text).join() !== variablesOf(model ?? '').join()
    })
    expect(wrong).toEqual([])
  })

  it('leave nothing in English that is a sentence', () => {
    if (locale === 'en') return
    const same = [...texts].filter(
      ([key, text]) => text.replace(/\{\{\w+\}\}/g, '').length > 24 && english.get(key) === text,
    )
    expect(same).toEqual([])
  })
})

describe('a text', () => {
  it.each([
    ['en', '1,234,567 requests'],
    ['de', '1.234.567 Anfragen'],
    ['hi', '12,34,567 अनुरोध'],
  ])('has its numbers as %s writes them', (locale, written) => {
    const texts = JSON.parse(readFileSync(join(sources, 'locales', `${locale}.json`), 'utf8'))
    expect(createTranslation({ locale, texts }).t('operator.health.requests', { count: 1_234_567 })).toBe(written)
  })
})

describe('a moment', () => {
  it.each([
    [59.51, '59 seconds ago'],
    [3_599, '59 minutes ago'],
    [5_500, '1 hour ago'],
    [-3_599, 'in 59 minutes'],
  ])('%d s ago is no further away than it is', (seconds, words) => {
    expect(createFormat('en').ago(new Date(Date.now() - seconds * 1_000).toISOString())).toBe(words)
  })
})

describe('the codes', () => {
  it('of what a key needs are of one provider each', () => {
    const codes = providers.flatMap(({ keyNeeds }) => Object.keys(keyNeeds))
    expect(new Set(codes).size).toBe(codes.length)
  })

  it('of the audit log, and what its entries name, have a name each, and no other has', () => {
    const names = (group: string) => namesOf(english).filter((name) => name.startsWith(`audit.${group}.`))
    expect(names('actions')).toEqual(auditActions.map((action) => `audit.actions.${action.replace('.', '_')}`).sort())
    expect(names('facts')).toEqual(auditFacts.map((fact) => `audit.facts.${fact}`).sort())
  })

  it('of what cannot be a key have a sentence each', () => {
    const lacking = keyProblems.filter((problem) => !(`error.key_malformed.message_${problem}` in sentenceVariants))
    expect(lacking).toEqual([])
  })

  it('of a refusal that differs by its cause have a sentence each', () => {
    const lacking = byokCodes.flatMap((code) =>
      [`error.byok_disabled.message_${code}`, `skip.byok_disabled_${code}`].filter(
        (name) => !(name in sentenceVariants),
      ),
    )
    expect(lacking).toEqual([])
  })

  it('name in a more exact sentence what the contract says', () => {
    const wrong = Object.entries(sentenceVariants).filter(
      ([name, facts]) => variablesOf(german.get(`said.${name}`) ?? '').join() !== [...facts].sort().join(),
    )
    expect(wrong).toEqual([])
  })
})

describe('the English texts', () => {
  it('have every key that the pages name', () => {
    const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))
    const named = files.flatMap((file) => {
      const text = readFileSync(join(sources, file), 'utf8')
      return [...text.matchAll(/\bt\(\s*'([\w.]+)'/g)].map(([, key]) => key as string)
    })
    const known = new Set(namesOf(english))
    expect(named.length).toBeGreaterThan(150)
    expect(named.filter((key) => !known.has(key))).toEqual([])
  })

  it('hold nothing that no page shows', () => {
    const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))
    // The page without a script is written when the pages are built.
    const code = [...files, '../vite.config.ts'].map((file) => readFileSync(join(sources, file), 'utf8')).join('\n')
    // Composed keys (`status.${status}.fix`) count by their beginning.
    const composed = [...code.matchAll(/`([a-zA-Z.]+)\.\$\{/g)].map(([, start]) => `${start}.`)
    const unused = namesOf(english).filter(
      (name) => !code.includes(`'${name}'`) && !composed.some((start) => name.startsWith(start)),
    )
    expect(unused).toEqual([])
  })
})
