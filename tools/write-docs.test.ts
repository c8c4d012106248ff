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

test('the configuration page says of every field what it means', () => {
  const [configuration = ''] = Object.values(pages())
  const rows = configuration.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows.length).toBeGreaterThan(100)
  expect(rows.filter((row) => row.endsWith('|  |'))).toEqual([])
  expect(configuration).not.toMatch(/\|---\|\n(?!\| `)/)
})

test('the configuration page tells a bound that is itself refused from one that is allowed, and the upper one', () => {
  const [configuration] = Object.values(pages())
  for (const row of [
    '| `plans.*.caps[].limit` | number above 0 |',
    '| `plans.*.caps[].warnAt` | number above 0 up to 1 |',
    '| `prices.*.*.input` | number from 0 |',
  ])
    expect(configuration).toContain(row)
})
