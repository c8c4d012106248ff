import { closestName } from '../lib/index.ts'
import { record } from './check-references.ts'
import { compileModelRules } from './compile-model-rules.ts'
import type { Finding, Path } from './config-problem.ts'
import { type CatalogueEntry, findProvider } from './extend-catalogue.ts'
import { valueAt } from './schema-findings.ts'

/** Providers that contradict each other, their own model rules, or the catalogue. Works on unchecked data. */
export function checkProviders(raw: unknown, catalogue: readonly CatalogueEntry[]): Finding[] {
  const providers = Object.entries(record(valueAt(raw, ['providers']))).map(([name, value]) => ({
    name,
    value: record(value),
  }))
  return [
    ...sameTwice(providers, catalogue),
    ...sameShownId(providers, catalogue),
    ...providers.flatMap((provider) => [...unknownRegion(provider, catalogue), ...likeOfKnown(provider, catalogue)]),
    ...refusedModels(raw, { providers, catalogue }),
  ]
}

interface Named {
  name: string
  value: Record<string, unknown>
}

/** `gemini` and its alias `google` are one provider. */
function sameTwice(providers: readonly Named[], catalogue: readonly CatalogueEntry[]): Finding[] {
  const seen = new Map<string, string>()
  return providers.flatMap(({ name }) => {
    const id = findProvider(catalogue, name)?.id ?? name
    const before = seen.get(id)
    seen.set(id, before ?? name)
    return before === undefined
      ? []
      : [
          {
            path: ['providers', name],
            atKey: true,
            message: `"${name}" and "${before}" are the same provider.`,
            expected: 'each provider once',
            found: name,
            fix: `Put both under "${id}".`,
          },
        ]
  })
}

function sameShownId(providers: readonly Named[], catalogue: readonly CatalogueEntry[]): Finding[] {
  const owners = new Map(catalogue.flatMap(({ id }) => [[id.toLowerCase(), id] as const]))
  for (const { name } of providers) if (!findProvider(catalogue, name)) owners.set(name.toLowerCase(), name)
  const shown = new Map<string, string>()
  return providers.flatMap(({ name, value }) => {
    const as = value['as']
    if (typeof as !== 'string') return []
    const id = findProvider(catalogue, name)?.id ?? name
    const other = shown.get(as.toLowerCase()) ?? owners.get(as.toLowerCase())
    shown.set(as.toLowerCase(), id)
    return other === undefined || other === id
      ? []
      : [
          {
            path: ['providers', name, 'as'],
            message: `"${as}" is already the id of ${other}.`,
            expected: 'an id that no other provider has',
            found: as,
            fix: 'Choose another id.',
          },
        ]
  })
}

function unknownRegion({ name, value }: Named, catalogue: readonly CatalogueEntry[]): Finding[] {
  const { region, baseUrl } = value
  const entry = findProvider(catalogue, name)
  if (typeof region !== 'string' || baseUrl !== undefined || !entry) return []
  const regions = ['global', ...Object.keys(entry.regions ?? {}).filter((one) => one !== 'default')]
  if (regions.includes(region)) return []
  const suggestion = closestName(region, regions)
  const fix =
    suggestion === undefined ? 'Use one of these, or give the region’s host as baseUrl.' : `Write "${suggestion}".`
  return [
    {
      path: ['providers', name, 'region'],
      message: `${entry.name} has no region "${region}".`,
      expected: `one of ${regions.join(', ')}`,
      found: region,
      ...(suggestion === undefined ? {} : { suggestion }),
      fix,
    },
  ]
}

function likeOfKnown({ name, value }: Named, catalogue: readonly CatalogueEntry[]): Finding[] {
  if (value['like'] === undefined || !findProvider(catalogue, name)) return []
  return [
    {
      path: ['providers', name, 'like'],
      message: `"${name}" is in the catalogue already.`,
      expected: 'a new id for a provider that is like another',
      fix: 'Remove "like", or use another id.',
    },
  ]
}

/** A default model that the provider's own rules refuse would fail every request. */
function refusedModels(
  raw: unknown,
  { providers, catalogue }: { providers: readonly Named[]; catalogue: readonly CatalogueEntry[] },
): Finding[] {
  return providers.flatMap(({ name, value }) => {
    const rules = readRules(value['models'])
    if (!rules) return []
    const id = findProvider(catalogue, name)?.id ?? name
    const names = new Set([name, id, value['as']])
    const uses: [Path, unknown][] = [[['providers', name, 'defaultModel'], value['defaultModel']]]
    for (const [feature, entry] of Object.entries(record(valueAt(raw, ['features'])))) {
      for (const [by, model] of Object.entries(record(record(entry)['models']))) {
        if (names.has(by) || findProvider(catalogue, by)?.id === id)
          uses.push([['features', feature, 'models', by], model])
      }
    }
    return uses.flatMap(([path, model]) =>
      typeof model === 'string' ? refusedModel(path, { model, name, rules }) : [],
    )
  })
}

function refusedModel(
  path: Path,
  { model, name, rules }: { model: string; name: string; rules: ReturnType<typeof compileModelRules> },
): Finding[] {
  const verdict = rules.check(model)
  if (verdict.allowed) return []
  return [
    {
      path,
      message: `The model rules of ${name} refuse ${model}.`,
      expected: rules.allow ? `one of ${rules.allow.join(', ')}` : 'a model that is not refused',
      found: model,
      fix: `Choose another model, or change providers.${name}.models.`,
    },
  ]
}

function readRules(models: unknown): ReturnType<typeof compileModelRules> | undefined {
  const { allow, refuse } = record(models)
  const patterns =
    Array.isArray(allow) && allow.every((one) => typeof one === 'string') ? { allow: allow as string[] } : {}
  const refused = Array.isArray(refuse) ? refuse.map(record).filter(({ match }) => typeof match === 'string') : []
  const rules = {
    ...patterns,
    refuse: refused.map(({ match, reason }) => ({ match: String(match), reason: String(reason) })),
  }
  return rules.refuse.length === 0 && !('allow' in rules) ? undefined : compileModelRules(rules)
}
