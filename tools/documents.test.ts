/** What the documents give to copy is right: the example of a configuration, the profiles' first lines, the package's files. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../src/config/index.ts'
import { changeEventSchema, errorClasses, requestHeaders, responseHeaders } from '../src/contract/index.ts'
import { catalogue } from '../src/providers/index.ts'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const profiles = readdirSync(join(root, 'profiles')).filter((name) => name.endsWith('.yaml'))

test('the configuration page’s example is a valid file without warnings', () => {
  const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(read('docs/configuration.md')) ?? []
  const env = { MISTRAL_API_KEY: 'sandbox-ok' }
  const { config, warnings } = loadConfig({ file: 'ownkey.yaml', text, env, catalogue })
  expect(warnings).toEqual([])
  expect(Object.keys(config.plans)).toEqual(['trial', 'firm'])
})

test('the webhooks page’s example is a valid configuration without warnings, and its delivery fits the schema', () => {
  const page = read('docs/webhooks.md')
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  const secret = `whsec_${Buffer.from('of the documents’ own suite').toString('base64')}`
  const text = `plans: { standard: {} }\n${yaml}`
  const { config, warnings } = loadConfig({
    file: 'ownkey.yaml',
    text,
    env: { OWNKEY_WEBHOOK_SECRET: secret },
    catalogue,
  })
  expect(warnings).toEqual([])
  expect(config.webhooks.map(({ events }) => events)).toEqual([['notice.*', 'key.set', 'key.clear']])
  const [, json = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? []
  expect(changeEventSchema.parse(JSON.parse(json)).type).toBe('key.set')
})

test('the gateway page names every header and every class of error', () => {
  const page = read('docs/gateway.md').toLowerCase()
  const names = [...Object.values(requestHeaders), ...Object.values(responseHeaders), ...errorClasses]
  expect(names.filter((name) => !page.includes(`\`${name.toLowerCase()}\``))).toEqual([])
})

test('the widget’s example has a configuration that knows its page and its plan', () => {
  const { config } = loadConfig({ file: 'ownkey.yaml', text: read('examples/widget/ownkey.yaml'), env: {}, catalogue })
  expect([config.platform.origins, Object.keys(config.plans)]).toEqual([['http://127.0.0.1:3000'], ['standard']])
})

test.each(profiles)('%s begins with a command that sets every variable it needs', (name) => {
  const text = read(`profiles/${name}`)
  const [, variables = '', file] = /^# +((?:[A-Z_]+=sandbox-ok )+)npm start -- --config (\S+)$/m.exec(text) ?? []
  const env = Object.fromEntries(
    variables
      .trim()
      .split(' ')
      .map((pair) => pair.split('=') as [string, string]),
  )
  expect(file).toBe(`profiles/${name}`)
  expect(() => loadConfig({ file: name, text, env, catalogue })).not.toThrow()
  expect(Object.keys(env).sort()).toEqual(
    [...new Set([...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]))].sort(),
  )
})

test('the package holds what it exports and what an operator reads, and no test, no source and no type that nobody can import', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }]
  const paths = files.map(({ path }) => path)
  const { exports, bin } = JSON.parse(read('package.json')) as { exports: object; bin: { ownkey: string } }
  const exported = Object.values(exports).flatMap((target: string | object) =>
    typeof target === 'string' ? [target] : Object.values<string>({ ...target }),
  )
  const wanted = [...exported.map((path) => path.replace('./', '')), bin.ownkey, 'profiles/support-inbox.yaml']
  const pages = ['README.md', 'CHANGELOG.md', 'docs/operations.md', 'docs/schema/ownkey.schema.json']
  expect(paths).toEqual(expect.arrayContaining([...wanted, ...pages]))
  expect(paths.filter((path) => path.endsWith('.d.ts') && !wanted.includes(path))).toEqual([])
  expect(paths.filter((path) => /\.test\.|(?<!\.d)\.tsx?$|\.map$|fixtures|\.env/.test(path))).toEqual([])
})
