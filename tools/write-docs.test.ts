import { expect, test } from 'vitest'
import { pages, writtenPage } from './write-docs.ts'

test.each(Object.entries(pages()).map(([path, text]) => [path.replace(/^.*docs\//, 'docs/'), path, text]))(
  '%s is the one of the sources (else: npm run docs)',
  (_name, path, text) => {
    expect(writtenPage(path as string)).toBe(text)
  },
)

test('the configuration page holds the fields that operators ask for', () => {
  const [configuration] = Object.values(pages())
  for (const field of [
    'providers.*.platformKey',
    'plans.*.fallback.when',
    'gateway.maxBodyBytes',
    'features.*.capability',
  ])
    expect(configuration).toContain(`\`${field}\``)
})

test('the configuration page says of a number whether its bound is taken, too', () => {
  const [configuration] = Object.values(pages())
  expect(configuration).toContain('| `plans.*.caps[].limit` | number above 0 |')
  expect(configuration).toContain('| `plans.*.quotas.*.limit` | integer from 0 |')
})
