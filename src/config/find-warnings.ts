import {
  accentNames,
  hexDigitsOf,
  isPageLanguage,
  languageOf,
  pageLanguages,
  webhookEventTypes,
} from '../contract/index.ts'
import { closestName, starPattern } from '../lib/index.ts'
import { publishedPrices } from '../providers/index.ts'
import type { Finding as AnyFinding, WarningCode } from './config-problem.ts'
import type { CatalogueEntry } from './extend-catalogue.ts'
import { extendCatalogue } from './extend-catalogue.ts'
import type { Config } from './schema.ts'
import { valueAt } from './schema-findings.ts'

type Finding = AnyFinding & { code: WarningCode }

/** What is allowed and probably not meant. */
export function findWarnings(
  config: Config,
  { raw, catalogue }: { raw: unknown; catalogue: readonly CatalogueEntry[] },
): Finding[] {
  return [
    ...literalSecrets(raw),
    ...plainHttp(raw),
    ...unlimitedMeters(config),
    ...emptyFallbacks(config),
    ...unknownRegions(config, extendCatalogue(config, catalogue)),
    ...uncountedCurrencies(config, catalogue),
    ...unknownLocales(config),
    ...unusableColors(config),
    ...unknownEvents(config),
  ]
}

function literalSecrets(raw: unknown): Finding[] {
  const places = [
    ...Object.keys(fields(raw, 'providers')).map((name) => ['providers', name, 'platformKey']),
    ...Object.keys(fields(raw, 'webhooks')).map((index) => ['webhooks', Number(index), 'secret']),
  ]
  return places
    .filter((path) => typeof valueAt(raw, path) === 'string' && !String(valueAt(raw, path)).includes('${'))
    .map((path) => ({
      path,
      code: 'secret_in_file',
      message: 'A secret stands in the file itself.',
      expected: '${NAME} of an environment variable',
      fix: 'Move it to the environment and write ${NAME} here; then replace the secret, because the file may have been copied.',
    }))
}

/** Over plain HTTP a key can be read on the way. Loopback and private addresses are left to the operator. */
function plainHttp(raw: unknown): Finding[] {
  return Object.keys(fields(raw, 'providers'))
    .map((name) => ['providers', name, 'baseUrl'])
    .filter((path) => /^http:\/\/(?!localhost[:/]|127\.|\[::1\])/i.test(`${String(valueAt(raw, path) ?? '')}/`))
    .map((path) => ({
      path,
      code: 'plain_http',
      message: 'Keys for this address travel unencrypted.',
      expected: 'https://',
      fix: 'Use https, unless the address is inside your own network.',
    }))
}

function unlimitedMeters(config: Config): Finding[] {
  const limited = new Set(Object.values(config.plans).flatMap(({ quotas }) => Object.keys(quotas)))
  return Object.entries(config.features)
    .filter(([, { meter }]) => meter !== undefined && !limited.has(meter))
    .map(([id, { meter }]) => ({
      path: ['features', id, 'meter'],
      code: 'unlimited_meter',
      facts: { meter: meter ?? '' },
      message: `No plan limits the meter "${meter}".`,
      expected: `quotas.${meter} in a plan`,
      fix: `Add quotas: { ${meter}: { limit: … } } to a plan, or remove the meter.`,
    }))
}

/** Fallback is promised for a provider that the platform has no key for. */
function emptyFallbacks(config: Config): Finding[] {
  return Object.entries(config.plans).flatMap(([id, plan]) =>
    Object.entries(plan.providers)
      .filter(
        ([name, policy]) =>
          plan.fallback.mode !== 'never' &&
          policy === 'optional' &&
          name !== '*' &&
          !config.providers[name]?.platformKey &&
          !config.providers[name]?.comingSoon,
      )
      .map(([name]) => ({
        path: ['plans', id, 'providers', name],
        code: 'empty_fallback',
        facts: { provider: name },
        message: `The platform has no key for ${name}, so nothing falls back to it.`,
        expected: `providers.${name}.platformKey, or "required"`,
        fix: `Add a platformKey for ${name}, or make it required.`,
      })),
  )
}

function unknownRegions(config: Config, catalogue: readonly CatalogueEntry[]): Finding[] {
  const known = new Set([
    'global',
    ...catalogue.flatMap(({ regions }) => Object.keys(regions ?? {})),
    ...Object.values(config.providers).flatMap(({ region }) => region ?? []),
  ])
  return Object.entries(config.plans).flatMap(([id, { regions }]) =>
    (regions ?? []).flatMap((region, index) =>
      known.has(region)
        ? []
        : [
            {
              path: ['plans', id, 'regions', index],
              code: 'unknown_region',
              facts: { region },
              message: `No provider has a region "${region}".`,
              expected: `one of ${[...known].join(', ')}`,
              fix: 'Correct the name; keys of customers may still carry it.',
            },
          ],
    ),
  )
}

/** Spend caps that leave out some cost, because it is in a currency without an exchange rate in the file. */
function uncountedCurrencies(config: Config, catalogue: readonly CatalogueEntry[]): Finding[] {
  const known = new Set(['USD', ...Object.keys(config.exchangeRates)])
  return Object.entries(config.plans).flatMap(([id, plan]) => {
    const caps = [
      ...plan.caps.map((cap, index) => ({ ...cap, path: ['plans', id, 'caps', index] })),
      ...(plan.fallback.cap ? [{ ...plan.fallback.cap, path: ['plans', id, 'fallback', 'cap'] }] : []),
    ]
    return caps.flatMap(({ currency, path }) =>
      [...currenciesOf(config, { plan, catalogue })]
        .filter(([cost]) => cost !== currency && !(known.has(cost) && known.has(currency)))
        .slice(0, 1)
        .map(([cost, provider]) => uncounted({ cost, provider, currency, path, known })),
    )
  })
}

function uncounted({
  cost,
  provider,
  currency,
  path,
  known,
}: {
  cost: string
  provider: string
  currency: string
  path: (string | number)[]
  known: ReadonlySet<string>
}): Finding {
  const missing = [cost, currency].filter((each) => !known.has(each)).join(' and ')
  return {
    path,
    code: 'uncounted_currency',
    facts: { provider, cost, currency, missing: missing.replace(' and ', ', ') },
    message: `Costs of ${provider} are in ${cost} and do not count toward this cap in ${currency}.`,
    expected: `exchangeRates.${missing.replace(' and ', ' and exchangeRates.')}`,
    fix: `Add ${missing} to exchangeRates with what one unit is worth in US dollars, or add a cap in ${cost}.`,
  }
}

/** Currency → the first provider that this plan can spend it at, among those that the file names. */
function currenciesOf(
  config: Config,
  { plan, catalogue }: { plan: Config['plans'][string]; catalogue: readonly CatalogueEntry[] },
): Map<string, string> {
  const named = new Set([
    ...Object.keys(config.providers),
    ...Object.keys(plan.providers),
    ...Object.keys(config.prices),
    ...Object.values(config.features).flatMap(({ providers }) => providers ?? []),
  ])
  const offered = [...named].filter(
    (id) => id !== '*' && (plan.providers[id] ?? plan.providers['*'] ?? 'unavailable') !== 'unavailable',
  )
  const found = new Map<string, string>()
  for (const id of offered) for (const currency of pricesOf(id)) if (!found.has(currency)) found.set(currency, id)
  return found

  function pricesOf(id: string): string[] {
    const prices = config.prices[id] ?? {}
    const own = Object.values(prices).map(({ currency }) => currency)
    // An own price for every model (`*`) replaces all built-in ones.
    if (prices['*'] !== undefined && prices['*'].from === undefined) return own
    const published = publishedPrices.filter(({ provider }) => provider === id).map(({ currency }) => currency)
    const listed = catalogue.some((entry) => entry.id === id && entry.priceCatalogue !== undefined)
    return [...own, ...(listed ? ['USD'] : []), ...published]
  }
}

function unknownLocales({ platform }: Config): Finding[] {
  return platform.locales.flatMap((locale, index) =>
    isPageLanguage(languageOf(locale))
      ? []
      : [
          {
            path: ['platform', 'locales', index],
            code: 'unknown_locale',
            facts: { locale },
            message: `The pages are not written in "${locale}".`,
            expected: `one of ${Object.keys(pageLanguages).join(', ')}`,
            fix: 'Take it out; whoever asks for it is shown English.',
          },
        ],
  )
}

function unusableColors({ platform }: Config): Finding[] {
  return Object.entries(platform.colors)
    .filter(([name, color]) => !accentNames.some((one) => one === name) || hexDigitsOf(color) === undefined)
    .map(([name, color]) => ({
      path: ['platform', 'colors', name],
      code: 'unusable_color',
      facts: { name, color },
      message: `The pages cannot use ${name}: "${color}".`,
      expected: 'accent: "#rrggbb"',
      fix: 'Give one color by the name accent, as #rgb or #rrggbb; the others are made from it.',
    }))
}

function fields(raw: unknown, name: string): Record<string, unknown> {
  return (valueAt(raw, [name]) ?? {}) as Record<string, unknown>
}

/** An endpoint would wait for it for ever. */
function unknownEvents(config: Config): Finding[] {
  return config.webhooks.flatMap(({ events }, index) =>
    events.flatMap((event, place) => {
      if (webhookEventTypes.some(starPattern(event))) return []
      const suggestion = closestName(event, webhookEventTypes)
      return [
        {
          path: ['webhooks', index, 'events', place],
          code: 'unknown_event' as const,
          facts: { event },
          message: `No event is called "${event}".`,
          expected: 'a type of docs/webhooks.md, or a pattern such as "key.*"',
          ...(suggestion === undefined ? {} : { suggestion }),
          fix: 'Correct the name; until then the endpoint is told nothing by it.',
        },
      ]
    }),
  )
}
