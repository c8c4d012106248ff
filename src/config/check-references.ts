import { closestName } from '../lib/index.ts'
import type { Finding, Path } from './config-problem.ts'
import type { CatalogueEntry } from './extend-catalogue.ts'
import { valueAt } from './schema-findings.ts'

type Kind = 'provider' | 'catalogue' | 'feature' | 'meter' | 'addOn'

/** Where names stand that must be known: `*` is every field or item, `#` the fields' own names. */
const references: readonly (readonly [at: string, kind: Kind, also?: readonly string[]])[] = [
  ['providers.*.like', 'catalogue'],
  ['features.*.providers.*', 'provider'],
  ['features.*.models.#', 'provider'],
  ['features.*.addOn', 'addOn'],
  ['plans.*.providers.#', 'provider', ['*']],
  ['plans.*.features.*', 'feature'],
  ['plans.*.addOns.*', 'addOn'],
  ['plans.*.scopes.*.features.*', 'feature'],
  ['plans.*.fallback.provider', 'provider'],
  ['plans.*.fallback.features.#', 'feature'],
  ['plans.*.credits.#', 'feature', ['ownKey', 'platformKey', 'features']],
  ['plans.*.credits.features.#', 'feature'],
  ['plans.*.quotas.#', 'meter'],
  ['plans.*.caps.*.features.*', 'feature'],
  ['prices.#', 'provider'],
]

const words: Readonly<Record<Kind, string>> = {
  provider: 'provider',
  catalogue: 'provider in the catalogue',
  feature: 'feature',
  meter: 'meter of a feature',
  addOn: 'add-on',
}

/** Every name that refers to something which is not there. Works on unchecked data, so that all problems are told at once. */
export function checkReferences(raw: unknown, catalogue: readonly CatalogueEntry[]): Finding[] {
  const known = knownNames(raw, catalogue)
  const bad = references.flatMap(([at, kind, also]) =>
    namesAt(raw, at.split('.'), [])
      .filter(
        ({ name }) =>
          !known[kind].has(name) && !also?.includes(name) && !(isProvider(kind) && known[kind].has(name.toLowerCase())),
      )
      .map(({ name, path, isKey }) =>
        unknownName(name, { path, isKey, kind, candidates: [...known[kind], ...(also ?? [])] }),
      ),
  )
  return [...bad, ...unknownProviders(raw, known.catalogue)]
}

function isProvider(kind: Kind): boolean {
  return kind === 'provider' || kind === 'catalogue'
}

/** A provider is one of the catalogue's, or says whom it is like. */
function unknownProviders(raw: unknown, catalogue: ReadonlySet<string>): Finding[] {
  return Object.entries(record(valueAt(raw, ['providers'])))
    .filter(([name, provider]) => !catalogue.has(name.toLowerCase()) && record(provider)['like'] === undefined)
    .map(([name]) => {
      const finding = unknownName(name, {
        path: ['providers', name],
        isKey: true,
        kind: 'catalogue',
        candidates: [...catalogue],
      })
      return finding.suggestion === undefined
        ? {
            ...finding,
            fix: 'Use one of these, or make it a provider of its own with "like: <provider>" and a baseUrl.',
          }
        : finding
    })
}

function knownNames(raw: unknown, catalogue: readonly CatalogueEntry[]): Record<Kind, ReadonlySet<string>> {
  const providers = record(valueAt(raw, ['providers']))
  const features = Object.values(record(valueAt(raw, ['features']))).map(record)
  const ofCatalogue = catalogue.flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]).map((name) => name.toLowerCase())
  const shownAs = Object.values(providers).flatMap((provider) => texts(record(provider)['as']))
  const declared = Object.keys(record(valueAt(raw, ['addOns'])))
  return {
    catalogue: new Set(ofCatalogue),
    provider: new Set([
      ...ofCatalogue,
      ...Object.keys(providers),
      ...shownAs,
      ...shownAs.map((name) => name.toLowerCase()),
    ]),
    feature: new Set(Object.keys(record(valueAt(raw, ['features'])))),
    meter: new Set(features.flatMap(({ meter }) => texts(meter))),
    addOn: new Set(declared.length > 0 ? declared : features.flatMap(({ addOn }) => texts(addOn))),
  }
}

interface Name {
  name: string
  path: Path
  isKey: boolean
}

function namesAt(data: unknown, steps: readonly string[], path: Path): Name[] {
  const [step, ...rest] = steps
  if (step === undefined) return typeof data === 'string' ? [{ name: data, path, isKey: false }] : []
  if (step === '#') return Object.keys(record(data)).map((name) => ({ name, path: [...path, name], isKey: true }))
  if (step !== '*') return namesAt(record(data)[step], rest, [...path, step])
  if (Array.isArray(data)) return data.flatMap((item, index) => namesAt(item, rest, [...path, index]))
  return Object.entries(record(data)).flatMap(([key, item]) => namesAt(item, rest, [...path, key]))
}

function unknownName(
  name: string,
  { path, isKey, kind, candidates }: { path: Path; isKey: boolean; kind: Kind; candidates: readonly string[] },
): Finding {
  const suggestion = closestName(name, candidates)
  const shown = candidates.slice(0, 24).join(', ') + (candidates.length > 24 ? ', …' : '')
  return {
    path,
    atKey: isKey,
    message: `There is no ${words[kind]} "${name}".`,
    expected: candidates.length === 0 ? `a ${words[kind]}, and none is configured` : `a ${words[kind]}: ${shown}`,
    found: name,
    ...(suggestion === undefined ? {} : { suggestion }),
    fix:
      suggestion === undefined
        ? `Configure "${name}", or remove it here.`
        : `Write "${suggestion}" instead of "${name}".`,
  }
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function texts(value: unknown): string[] {
  return typeof value === 'string' ? [value] : []
}
