/**
 * The gateway beside its yardsticks, all in one run against one fake provider in a process of its own:
 * `npm run bench` prints a table in Markdown. Read the ratios; absolute numbers are this machine's, today's.
 * `--quick` takes a quarter of the requests; `--only=<part of a name>` measures those scenarios or proxies alone (repeatable).
 */
import { fork } from 'node:child_process'
import { startPostgres } from '../test/support/postgres-server.ts'
import { benchFile, cpuSeconds, memoryMiB, startScript } from './processes.ts'
import {
  bare,
  direct,
  nginx,
  ownkey,
  portkeyWithFallback,
  portkeyWithOneKey,
  type StartSubject,
  type Subject,
} from './subjects.ts'

interface Scenario {
  name: string
  kind: 'json' | 'sse' | 'paced'
  connections: number
  requests: number
  bodyBytes: number
  /** Only the bare proxy, Ownkey passing through, and Ownkey translating. */
  translated?: true
}

interface Figures {
  perSecond: number
  p50: number
  p99: number
  firstP50: number
  chunks: number
  /** CPU of the proxy per request, or per chunk where streams are paced, in microseconds. */
  cpu: number
  memory: number
}

interface Run extends Figures {
  round: number
}

// What a worker of Ownkey has in its environment, for each program alike (src/server/run-workers.ts).
process.env['MALLOC_ARENA_MAX'] ??= '1'

const quick = process.argv.includes('--quick')
const only = process.argv.filter((flag) => flag.startsWith('--only=')).map((flag) => flag.slice(7))
/** True when nothing of this kind was asked for by name, or this was. */
function asked(name: string, all: readonly string[]): boolean {
  const meant = only.filter((part) => all.some((one) => one.includes(part)))
  return meant.length === 0 || meant.some((part) => name.includes(part))
}
/**
 * Subjects take turns so often. A machine's speed drifts, so what counts is the median: of a subject's figures, and of its CPU
 * beside that of the bare proxy in the same round.
 */
const rounds = quick ? 3 : 9
/** The yardsticks that show where the bare proxy stands take part in every third round. */
const isSeldom = (subject: Subject) => ['no proxy', 'nginx'].includes(subject.name) || isPortkey(subject)
const isPortkey = (subject: Subject) => subject.name.startsWith('Portkey')
const scale = (quick ? 0.25 : 1.8) / rounds

const scenarios: readonly Scenario[] = [
  ...[1, 32, 128].map((connections) => ({
    name: `JSON 2 KB → 0.6 KB, ${connections} connections`,
    kind: 'json' as const,
    connections,
    requests: (connections === 1 ? 8_000 : 30_000) * scale,
    bodyBytes: 1_900,
  })),
  ...[1, 32, 128].map((connections) => ({
    name: `SSE 50 events at once, ${connections} connections`,
    kind: 'sse' as const,
    connections,
    requests: (connections === 1 ? 2_000 : 8_000) * scale,
    bodyBytes: 1_900,
  })),
  {
    name: 'SSE paced, 100 streams, an event every 10 ms (per chunk)',
    kind: 'paced',
    connections: 100,
    requests: 400 * scale,
    bodyBytes: 1_900,
  },
  {
    name: 'JSON 212 KB → 0.6 KB, 8 connections',
    kind: 'json',
    connections: 8,
    requests: 4_000 * scale,
    bodyBytes: 212 * 1024,
  },
  ...(['json', 'sse'] as const).map((kind) => ({
    name: `one dialect, ${kind === 'json' ? 'JSON 2 KB → 0.6 KB' : 'SSE 50 events at once'}, 32 connections`,
    kind,
    connections: 32,
    requests: (kind === 'json' ? 20_000 : 5_000) * scale,
    bodyBytes: 1_900,
    translated: true as const,
  })),
]

async function measure(subject: Subject, scenario: Scenario): Promise<Figures> {
  const few = isPortkey(subject) && scenario.kind !== 'paced' ? 0.2 : 1
  const plan = {
    origin: subject.origin,
    path: subject.path,
    headers: { ...subject.headers, 'content-type': 'application/json', 'x-bench': scenario.kind },
    model: subject.model,
    bodyBytes: scenario.bodyBytes,
    stream: scenario.kind !== 'json',
    connections: scenario.connections,
    requests: Math.round(scenario.requests * few),
    shortest: scenario.kind === 'paced' ? 900 : undefined,
    warmup: scenario.kind === 'paced' ? 100 : Math.round(Math.min(scenario.requests * few, 4_000)),
  }
  const load = fork(benchFile('load.js'), [JSON.stringify(plan)])
  await message(load)
  const before = cpuSeconds(subject.pids)
  load.send('go')
  const result = (await message(load)) as Omit<Figures, 'cpu' | 'memory'>
  const spent = cpuSeconds(subject.pids) - before
  const per = scenario.kind === 'paced' ? result.chunks : plan.requests
  return { ...result, cpu: (spent / per) * 1e6, memory: memoryMiB(subject.pids) }
}

/** A server runs for weeks: what its compiler does with the first thousands of requests is not what a request costs. */
async function warmUp(subject: Subject): Promise<void> {
  for (const kind of ['json', 'sse'] as const) {
    const requests = kind === 'json' ? 10_000 : 2_000
    await measure(subject, { name: 'warm-up', kind, connections: 32, requests, bodyBytes: 1_900 }).catch(
      () => undefined,
    )
  }
}

function message(child: ReturnType<typeof fork>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => code !== 0 && reject(new Error(`the load ended with ${code}`)))
  })
}

async function run(): Promise<void> {
  const upstream = await startScript('upstream.js')
  const database = await startPostgres({ isLogging: false })
  const starts: StartSubject[] = [direct, nginx, bare, ownkey(database.url), portkeyWithFallback, portkeyWithOneKey]
  const subjects: Subject[] = []
  try {
    for (const start of starts) {
      const subject = await start(`http://127.0.0.1:${upstream.port}`)
      if (subject !== undefined) subjects.push(...[subject].flat())
    }
    for (const subject of subjects) await warmUp(subject)
    const scenarioNames = scenarios.map(({ name }) => name)
    const subjectNames = subjects.map(({ name }) => name)
    for (const scenario of scenarios.filter(({ name }) => asked(name, scenarioNames))) {
      const taking = subjects.filter((one) => takesPart(scenario)(one) && asked(one.name, subjectNames))
      await runScenario(scenario, taking)
    }
  } finally {
    for (const subject of subjects) await subject.stop()
    await upstream.stop()
    await database.stop()
  }
}

const alsoTranslated: ReadonlySet<string> = new Set(['no proxy', 'bare undici dispatch', 'Ownkey'])
const takesPart =
  ({ translated }: Scenario) =>
  ({ name, translates }: Subject): boolean =>
    translated ? translates === true || alsoTranslated.has(name) : translates === undefined

async function runScenario(scenario: Scenario, subjects: readonly Subject[]): Promise<void> {
  print(`\n### ${scenario.name}\n`)
  print('| | CPU µs | × bare | requests/s | p50 ms | p99 ms | first byte p50 ms | added p50 ms | memory MiB |')
  print('|---|---|---|---|---|---|---|---|---|')
  const measured = new Map<Subject, Run[]>(subjects.map((subject) => [subject, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [subject, runs] of measured) {
      if (round % 3 !== 0 && isSeldom(subject)) continue
      const figures = await measure(subject, scenario).catch(() => undefined)
      if (figures === undefined) measured.delete(subject)
      else runs.push({ ...figures, round })
    }
  }
  const yardstick = [...measured].find(([{ name }]) => name.startsWith('bare'))?.[1]
  const rows = [...measured].map(([subject, runs]) => ({
    subject,
    figures: middle(runs, ({ cpu }) => cpu),
    ratio: yardstick && middle(ratios(runs, yardstick), (ratio) => ratio),
  }))
  for (const subject of subjects) if (!measured.has(subject)) print(`| ${subject.name} | fails here | | | | | | | |`)
  const none = rows.find(({ subject }) => subject.name === 'no proxy')?.figures
  for (const { subject, figures, ratio } of rows) {
    const added = none === undefined ? '' : (figures.p50 - none.p50).toFixed(2)
    const cells = [
      subject.name,
      figures.cpu === 0 ? '' : figures.cpu.toFixed(1),
      ratio === undefined || figures.cpu === 0 ? '' : ratio.toFixed(2),
      figures.perSecond.toFixed(0),
      figures.p50.toFixed(2),
      figures.p99.toFixed(2),
      figures.firstP50.toFixed(2),
      added,
      figures.memory === 0 ? '' : figures.memory.toFixed(0),
    ]
    print(`| ${cells.join(' | ')} |`)
  }
}

function ratios(runs: readonly Run[], yardstick: readonly Run[]): number[] {
  const bare = new Map(yardstick.map(({ round, cpu }) => [round, cpu]))
  return runs.map(({ round, cpu }) => cpu / (bare.get(round) as number))
}

function middle<One>(all: readonly One[], size: (one: One) => number): One {
  return [...all].sort((one, other) => size(one) - size(other))[Math.floor(all.length / 2)] as One
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

await run()
process.exit(0)
