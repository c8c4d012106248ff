/**
 * `npm test`: everything that a fresh clone needs, every static check, every test, and at the end a search for the canary
 * keys and prompts in whatever the tests left behind. The last line is the totals; the exit code is 1 when anything failed.
 * With arguments (`npm test -- src/vault`) only the tests that match them run, without the static checks.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWhenChanged, checkNode, failWith, installDependencies, Problem, root } from './prepare.mjs'

const bin = (name) => join(root, 'node_modules', name)
const node = process.execPath

const staticChecks = [
  { name: 'types', args: [bin('typescript/bin/tsc'), '-p', 'tsconfig.json'] },
  { name: 'types of the console', args: [bin('typescript/bin/tsc'), '-p', 'console'], needs: 'console/tsconfig.json' },
  { name: 'format and lint', args: [bin('@biomejs/biome/bin/biome'), 'ci', '.'] },
  { name: 'dead code', args: [bin('knip/bin/knip.js'), '--no-progress'] },
  { name: 'import rules', args: [bin('tsx/dist/cli.mjs'), 'tools/import-rules.ts'] },
]

try {
  checkNode()
  installDependencies()
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  failWith(error)
}

async function main(filters) {
  const logs = mkdtempSync(join(tmpdir(), 'ownkey-tests-'))
  const env = { ...withoutOurs(process.env), OWNKEY_TEST_LOGS: logs, NO_COLOR: '1' }
  try {
    buildWhenChanged()
    const browser = browserIsNeeded() ? findOrInstallChromium() : undefined
    const checks = filters.length > 0 ? [] : await runStaticChecks(env)
    const tests = await runVitest(filters, { ...env, ...(browser && { OWNKEY_TEST_BROWSER: browser }) }, logs)
    const search = await runCanarySearch(filters, env)
    return report([...checks, tests, search])
  } finally {
    rmSync(logs, { recursive: true, force: true })
  }
}

/**
 * The tests choose their own settings; what the shell carries for a real server must not reach them. Nor FORCE_COLOR: its
 * presence turns colours on, whatever its value, and logs are to be plain.
 */
function withoutOurs(env) {
  const ours = /^(OWNKEY_|BYOK_|DATABASE_URL$|PORT$|HOST$|LOG_LEVEL$|NODE_ENV$|FORCE_COLOR$|npm_)/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)))
}

async function runStaticChecks(env) {
  const checks = staticChecks.filter((check) => !check.needs || existsSync(join(root, check.needs)))
  return Promise.all(
    checks.map(async ({ name, args }) => {
      const { code, output } = await capture(args, env)
      console.log(`${code === 0 ? '✓' : '✗'} ${name}`)
      if (code !== 0) console.log(output)
      return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
    }),
  )
}

function capture(args, env) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (part) => (output += part))
    child.stderr.on('data', (part) => (output += part))
    child.on('error', (error) => resolve({ code: 1, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** Vitest's output goes to the terminal and to a file that the canary search reads. */
async function runVitest(filters, env, logs) {
  const totalsFile = join(logs, 'totals.json')
  mkdirSync(join(logs, 'output'), { recursive: true })
  const copy = createWriteStream(join(logs, 'output', 'vitest.log'))
  const args = [
    bin('vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=./test/support/totals-reporter.ts',
    ...filters,
  ]
  const code = await new Promise((resolve) => {
    const child = spawn(node, args, {
      cwd: root,
      env: { ...env, OWNKEY_TEST_TOTALS: totalsFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.on('data', (part) => {
        to.write(part)
        copy.write(part)
      })
    }
    child.on('error', () => resolve(1))
    child.on('close', (status) => resolve(status ?? 1))
  })
  await new Promise((resolve) => copy.end(resolve))
  const totals = existsSync(totalsFile)
    ? JSON.parse(readFileSync(totalsFile, 'utf8'))
    : { passed: 0, failed: 1, skipped: 0 }
  // Vitest fails for more than failed tests (an unhandled rejection, a file that does not load): that must count too.
  if (code !== 0 && totals.failed === 0) totals.failed = 1
  return totals
}

async function runCanarySearch(filters, env) {
  const whole = filters.length > 0 ? [] : ['--whole-run']
  const { code, output } = await capture([bin('tsx/dist/cli.mjs'), 'tools/canary-search.ts', ...whole], env)
  console.log(output.trimEnd())
  console.log(`${code === 0 ? '✓' : '✗'} canary search`)
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
}

function report(parts) {
  const total = (field) => parts.reduce((sum, part) => sum + part[field], 0)
  const skipped = total('skipped')
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return total('failed') === 0 && total('passed') > 0 ? 0 : 1
}

function browserIsNeeded() {
  const folder = join(root, 'test', 'browser')
  return (
    existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('.test.ts'))
  )
}

function findOrInstallChromium() {
  const found = findChromium()
  if (found) return found
  console.log('Installing Chromium (Debian package) …')
  const installed = aptGet(['install', '-y', '--no-install-recommends', 'chromium'])
  const result =
    installed || (aptGet(['update']) && aptGet(['install', '-y', '--no-install-recommends', 'chromium']))
      ? findChromium()
      : undefined
  if (result) return result
  throw new Problem(
    'The browser tests need Chromium and it could not be installed. Install it ("apt-get install chromium") and run npm test again.',
  )
}

function findChromium() {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    const result = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
    if (result.status === 0) return result.stdout.trim()
  }
  return undefined
}

function aptGet(args) {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const [command, ...rest] = [...asRoot, 'apt-get', ...args]
  return (
    spawnSync(command, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  )
}
