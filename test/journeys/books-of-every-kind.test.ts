/**
 * The books of every kind of request against an oracle of their own: the one dialect, speech, sockets and jobs, in random sequences
 * that are always the same ones, while prices and plans are changed in the file and months turn.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { decimal, picoOf } from '../support/books-oracle.ts'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import {
  add,
  type Drawing,
  drawChat,
  drawHearing,
  drawSpeech,
  type Exchange,
  textOf,
} from '../support/every-kind-calls.ts'
import { type Job, jobKinds } from '../support/every-kind-jobs.ts'
import {
  type Counts,
  type Entry,
  EveryKindOracle,
  type Parts,
  type Prices,
  type Terms,
  type Wish,
} from '../support/every-kind-oracle.ts'
import {
  drawPrices,
  drawTerms,
  type FeatureId,
  features,
  type ProviderId,
  pricesInFile,
  providers,
} from '../support/every-kind-plans.ts'
import { journeyConfig } from '../support/journey.ts'
import { type Random, randomOf } from '../support/random.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { type OpenSocket, open, watch } from '../support/socket-client.ts'
import { type Answer, json, type RecordedRequest, startUpstream, type Upstream } from '../support/upstream.ts'

/** So far away that they stop nothing; told of from the first whole unit on. */
const capsInFile = [
  { scope: 'organization', per: 'month', currency: 'USD' },
  { scope: 'feature', per: 'day', features: ['assistant'], currency: 'EUR' },
]
const fallsBack = ['provider_error', 'invalid_key']

// biome-ignore lint/suspicious/noExplicitAny: entries, usage and notices pass here, and are held against the oracle field by field
type Row = any

function fileOf(origin: string, { prices, terms }: { prices: Prices; terms: Terms }): object {
  const { monthlyCredits, credits, quota } = terms
  const plan = { monthlyCredits, credits, quotas: { asked: quota } }
  const caps = capsInFile.map((cap) => ({ ...cap, limit: 1_000_000, warnAt: 0.000_001 }))
  return journeyConfig(origin, {
    features,
    prices: pricesInFile(prices),
    plans: { standard: { verify: 'format_only', fallback: { mode: 'always' }, caps, ...plan } },
    gateway: { realtime: { idleTimeoutSeconds: 3_600 } },
  })
}

describe('the books and an oracle agree on every kind of request', () => {
  let upstream: Upstream
  let ownkey: RunningOwnkey
  /** What the provider does with the request that comes next. */
  let onOwn: Answer = json({})
  let onPlatform: Answer = json({})
  let refusesOwnSocket = false
  let acceptSocket: (socket: OpenSocket) => void = () => {}
  const isPlatform = ({ target, headers }: RecordedRequest) =>
    [target, ...headers.flat()].some((text) => text.includes(canaryPlatformKey))

  beforeAll(async () => {
    upstream = await startUpstream()
    upstream.on(/./, (exchange) => (isPlatform(exchange.request) ? onPlatform : onOwn)(exchange))
    upstream.onUpgrade(/./, (websocket) => acceptSocket(watch(websocket)))
    upstream.onUpgrade((request) => refusesOwnSocket && !isPlatform(request), { status: 500, body: '{}' })
    const random = randomOf(0)
    const drawn = { prices: drawPrices(random, '2030-01-01'), terms: drawTerms(random) }
    ownkey = await startOwnkey({ database: 'postgres', config: fileOf(upstream.origin, drawn) })
    vi.useFakeTimers({ toFake: ['Date'] })
  })
  afterAll(async () => {
    vi.useRealTimers()
    await ownkey?.close()
    await upstream?.close()
  })

  const today = () => new Date().toISOString().slice(0, 10)
  const api = (method: string, path: string, body?: unknown) => ownkey.api(method, path, body)

  interface Play {
    org: string
    random: Random
    oracle: EveryKindOracle
    tokens: Record<FeatureId, string>
    /** The add-on that hearing needs. */
    hasEars: boolean
    sockets: Talk[]
    jobs: Job[]
    asks: number
  }
  interface Talk {
    entry: Entry
    caller: OpenSocket
    provider: OpenSocket
    counts: Counts
    parts: Parts
    say(talk: Talk): Promise<void>
  }
  const wishOf = (play: Play, provider: ProviderId, feature: FeatureId, model: string | null): Wish => ({
    requestId: `${play.org}-${++play.asks}`,
    provider,
    feature,
    model,
    user: play.random.pick(['ann', 'bob']),
    isMetered: 'meter' in features[feature],
    isIncluded: feature !== 'listening' || play.hasEars,
  })
  const headersOf = ({ tokens }: Play, { feature, requestId, user }: Wish) => ({
    authorization: `Bearer ${tokens[feature as FeatureId]}`,
    'xi-api-key': tokens[feature as FeatureId],
    'ownkey-request-id': requestId,
    'ownkey-user': user,
  })

  /**
   * One request, with what each key is answered with; and what the oracle says of it.
   * @returns the entry that was served; undefined: none was
   */
  async function ask(
    play: Play,
    { wish, path, body, contentType, answer, counts, parts, told }: Exchange,
  ): Promise<Entry | undefined> {
    const { oracle, random } = play
    const fate = () => random.pick([200, 200, 200, 500, 400])
    const [own, platform] = [fate(), fate()]
    const answerOf = (status: number) => (status === 200 ? answer : json({ error: { message: 'no' } }, { status }))
    onOwn = answerOf(own)
    onPlatform = answerOf(platform)
    const said = await rawCall(ownkey.url, {
      method: 'POST',
      path,
      headers: { ...headersOf(play, wish), 'content-type': contentType ?? 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const place = `${JSON.stringify(wish)} ${path} ${own} ${platform} at ${today()}: ${said.text.slice(0, 300)}`
    const errorOf = (status: number) => (status === 500 ? 'provider_error' : 'request_invalid')
    const first = oracle.begin(wish, today())
    if (first === undefined) expect(wish.isIncluded ? [402, 429] : [403], place).toContain(said.status)
    if (first === undefined) return undefined
    let last = first
    let status = first.keySource === 'platform' ? platform : own
    if (status !== 200) oracle.fail(first, { status, errorClass: errorOf(status) }, wish)
    if (first.keySource !== 'platform' && fallsBack.includes(first.errorClass ?? '')) {
      const second = oracle.begin(wish, today(), { fallbackClass: first.errorClass })
      if (second !== undefined) {
        last = second
        status = platform
        if (status !== 200) oracle.fail(second, { status, errorClass: errorOf(status) }, wish)
      }
    }
    expect(said.status, place).toBe(status)
    if (status !== 200) return undefined
    if (counts !== undefined) oracle.serve(last, counts, parts)
    const tokens = said.text.match(/"prompt_tokens":(\d+)[^}]*?"completion_tokens":(\d+)/)
    if (told !== undefined) expect([Number(tokens?.[1]), Number(tokens?.[2])]).toEqual([told.prompt, told.completion])
    return last
  }

  const askFor = (draw: (drawing: Drawing) => Exchange) => (play: Play) =>
    ask(play, draw({ random: play.random, wishOf: (...about) => wishOf(play, ...about) }))

  /** One more answer of OpenAI's Realtime, or of Gemini Live: what each tells is added up. */
  const sayRealtime = (random: Random) => async (talk: Talk) => {
    const { whole } = random
    const [heard, spoken, cached] = [whole(0, 900), whole(0, 900), whole(0, 300)]
    const [input, output] = [heard + whole(0, 500), spoken + whole(0, 500)]
    const usage = {
      ...{ total_tokens: input + cached + output, input_tokens: input + cached, output_tokens: output },
      input_token_details: { text_tokens: input - heard + cached, audio_tokens: heard, cached_tokens: cached },
      output_token_details: { text_tokens: output - spoken, audio_tokens: spoken },
    }
    await hearAll(talk, { type: 'response.done', response: { id: 'r', status: 'completed', usage } })
    talk.counts = add(talk.counts, { inputTokens: input, cacheReadTokens: cached, outputTokens: output })
    talk.parts = add(talk.parts as Counts, { inputAudio: heard, outputAudio: spoken } as Counts) as Parts
  }
  const sayLive = (random: Random) => async (talk: Talk) => {
    const [input, output, thoughts] = [random.whole(1, 900), random.whole(1, 900), random.whole(0, 50)]
    const usageMetadata = { promptTokenCount: input, responseTokenCount: output, thoughtsTokenCount: thoughts }
    await hearAll(talk, { serverContent: { turnComplete: true }, usageMetadata })
    talk.counts = add(talk.counts, { inputTokens: input, outputTokens: output + thoughts, reasoningTokens: thoughts })
  }
  const sayVoice = (random: Random) => async (talk: Talk) => {
    const text = textOf(random)
    const count = talk.provider.received.length + 1
    talk.caller.websocket.send(JSON.stringify({ text }))
    await talk.provider.messages(count)
    talk.counts = add(talk.counts, { characters: [...text].length })
  }
  const sayHeard = (random: Random) => async (talk: Talk) => {
    const seconds = random.whole(0, 9_000) / 1000
    await hearAll(talk, { type: 'data', data: { transcript: 'x', metrics: { audio_duration: seconds } } })
    const before = talk.counts.audioSeconds ?? 0
    talk.counts = { audioSeconds: Math.round((before + seconds) * 1000) / 1000 }
  }
  /** The provider says it, and the caller has heard it: so Ownkey has read it. */
  async function hearAll({ provider, caller }: Talk, message: object): Promise<void> {
    const count = caller.received.length + 1
    provider.websocket.send(JSON.stringify(message))
    await caller.messages(count)
  }

  async function dial(play: Play): Promise<void> {
    const { random, oracle, sockets } = play
    const live = '/gemini/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
    const kinds: readonly [ProviderId, string, string, Talk['say'], Counts, object][] = [
      ['openai', 'm-rt', '/openai/v1/realtime?model=m-rt', sayRealtime(random), {}, { type: 'session.created' }],
      ['gemini', 'm-live', live, sayLive(random), {}, { setupComplete: {} }],
      [
        'elevenlabs',
        'm-voice',
        '/elevenlabs/v1/text-to-speech/v/stream-input?model_id=m-voice',
        sayVoice(random),
        { characters: 0 },
        { audio: 'x' },
      ],
      [
        'sarvam',
        'm-saaras',
        '/sarvam/speech-to-text/ws?model=m-saaras',
        sayHeard(random),
        {},
        { type: 'events', data: {} },
      ],
    ]
    const [id, model, path, say, counts, greeting] = random.pick(kinds)
    const wish = wishOf(play, id, 'talking', model)
    refusesOwnSocket = random.next() < 0.25
    const accepted = new Promise<OpenSocket>((resolve) => {
      acceptSocket = resolve
    })
    const { authorization, ...names } = headersOf(play, wish)
    const token = authorization.slice('Bearer '.length)
    const credential = {
      openai: { authorization },
      gemini: { 'x-goog-api-key': token },
      elevenlabs: { 'xi-api-key': token },
      sarvam: { 'api-subscription-key': token },
      anthropic: {},
    }[id]
    const headers = { ...names, 'xi-api-key': token, ...credential } as Record<string, string>
    if (id !== 'elevenlabs') delete headers['xi-api-key']
    const first = oracle.begin(wish, today())
    const opened = open(ownkey.url, { path, headers })
    if (first === undefined) return expect(opened).rejects.toThrow(/refused: (402|429)/)
    let entry: Entry = first
    if (refusesOwnSocket && first.keySource !== 'platform') {
      oracle.fail(first, { status: 500, errorClass: 'provider_error' }, wish)
      // Its model stands in the first message.
      if (id === 'gemini') first.model = null
      const second = oracle.begin(wish, today(), { fallbackClass: 'provider_error' })
      if (second === undefined) return expect(opened).rejects.toThrow(/refused: 500/)
      entry = second
    }
    const talk: Talk = { entry, caller: await opened, provider: await accepted, counts, parts: {}, say }
    sockets.push(talk)
    if (id === 'gemini') {
      talk.caller.websocket.send(JSON.stringify({ setup: { model: 'models/m-live' } }))
      await talk.provider.messages(1)
    }
    if (id === 'elevenlabs') {
      talk.caller.websocket.send(JSON.stringify({ text: ' ' }))
      await talk.provider.messages(1)
    }
    await hearAll(talk, greeting)
    for (let n = random.whole(0, 3); n > 0; n--) await talk.say(talk)
  }

  async function hangUp(play: Play, talk: Talk): Promise<void> {
    const { random, sockets } = play
    sockets.splice(sockets.indexOf(talk), 1)
    const [one, other] = random.next() < 0.5 ? [talk.caller, talk.provider] : [talk.provider, talk.caller]
    one.websocket.close(1000)
    await Promise.all([one.ended, other.ended])
    await told(play, talk)
  }
  /** It is over: what it counted is in the books, at the prices that hold when it ends. */
  async function told({ org, oracle }: Play, { entry, counts, parts }: Talk): Promise<void> {
    entry.status = 101
    if (Object.keys(counts).length > 0) oracle.serve(entry, counts, parts)
    else if (entry.provider === 'sarvam') entry.audioSeconds = Number.NaN
    const asked = `/orgs/${org}/requests?requestId=${entry.requestId}&from=2000-01-01&to=2900-01-01`
    const states = async () => (await api('GET', asked)).body.items.map(({ state }: Row) => state)
    await expect.poll(states).not.toContain('reserved')
  }

  async function order(play: Play): Promise<void> {
    const kind = play.random.pick(jobKinds)
    const id = `job-${play.org}-${play.asks}`
    const wish = wishOf(play, kind.provider, 'assistant', kind.model === 'm-later' ? kind.model : null)
    const entry = await ask(play, { wish, ...kind.order(id) })
    if (entry === undefined) return
    play.jobs.push({ id, kind, counted: {}, booked: {}, order: entry, isDone: false, hasToldFile: false })
  }

  /** Somebody asks for a job: it has counted more meanwhile, is done, or says what it said before. */
  async function fetchJob(play: Play): Promise<void> {
    const { jobs, random, oracle } = play
    if (jobs.length === 0) return order(play)
    const job = random.pick(jobs)
    const { whole } = random
    if (!job.isDone && (random.next() < 0.5 || job.kind.model === 'm-batch'))
      job.counted = add(job.counted, {
        ...{ inputTokens: whole(1, 90_000), cacheReadTokens: whole(0, 9_000), outputTokens: whole(1, 9_000) },
      })
    if (Object.keys(job.counted).length > 0) job.isDone ||= random.next() < 0.4
    const { path, answer, isTold } = job.kind.tell(job, random)
    onOwn = answer
    onPlatform = answer
    const wish = { ...wishOf(play, job.kind.provider, 'assistant', null), isMetered: false }
    const said = await rawCall(ownkey.url, { path, headers: headersOf(play, wish) })
    expect(said.status, said.text).toBe(200)
    const entry = oracle.begin(wish, today(), { isFree: true }) as Entry
    const more = Object.entries(job.counted).map(([name, count]) => [
      name,
      count - ((job.booked as Record<string, number>)[name] ?? 0),
    ])
    const isNews = isTold && more.some(([, count]) => (count as number) > 0)
    if (isNews) entry.model = job.kind.model
    if (isNews) oracle.serve(entry, Object.fromEntries(more))
    else oracle.free(entry)
    if (!isTold) return
    job.booked = job.counted
    if (job.order !== undefined) oracle.free(job.order)
    job.order = undefined
  }

  async function change(play: Play): Promise<void> {
    const { oracle, random } = play
    if (random.next() < 0.6) oracle.prices = drawPrices(random, today())
    else oracle.terms = drawTerms(random)
    await ownkey.reload(fileOf(upstream.origin, oracle))
  }

  async function turnKey(play: Play): Promise<void> {
    const { oracle, random, org, sockets } = play
    const id = random.pick(providers)
    if (!oracle.ownKeys.delete(id)) {
      oracle.ownKeys.add(id)
      return ownkey.putKey(org, id, canaryKeys[id])
    }
    await api('DELETE', `/orgs/${org}/keys/${id}`)
    // A session does not outlive its key.
    for (const talk of sockets.filter(({ entry }) => entry.provider === id && entry.keySource === 'organization')) {
      sockets.splice(sockets.indexOf(talk), 1)
      expect((await talk.caller.ended).code).toBe(1008)
      await told(play, talk)
    }
  }

  async function grant({ oracle, random, org, asks }: Play): Promise<void> {
    const amount = random.pick([5, 30, 100, -1, -40])
    const body = { amount, reason: 'Test', idempotencyKey: `${asks} ${random.next()}` }
    const told = (await api('POST', `/orgs/${org}/credits`, body)).body
    expect(told.balance ?? told.code).toBe(oracle.grant(amount, today()) ?? 'balance_too_low')
  }

  async function turnAddOn(play: Play): Promise<void> {
    play.hasEars = !play.hasEars
    await ownkey.putOrg(play.org, { addOns: play.hasEars ? ['ears'] : [] })
  }

  const steps: readonly [number, (play: Play) => Promise<unknown>][] = [
    [0.2, askFor(drawChat)],
    [0.08, askFor(drawSpeech)],
    [0.06, askFor(drawHearing)],
    [0.05, order],
    [0.09, fetchJob],
    [0.1, dial],
    [0.06, async (play) => play.sockets[0]?.say(play.sockets[0])],
    [0.06, async (play) => play.sockets.length > 0 && hangUp(play, play.random.pick(play.sockets))],
    [0.08, grant],
    [0.02, turnAddOn],
    [0.07, change],
    [0.07, turnKey],
    [
      0.06,
      async ({ random }) =>
        vi.setSystemTime((Math.floor(Date.now() / 86_400_000) + random.pick([1, 11, 30])) * 86_400_000),
    ],
  ]

  function draw(random: Random): (play: Play) => Promise<unknown> {
    let dice = random.next()
    for (const [chance, take] of steps) {
      if (dice < chance) return take
      dice -= chance
    }
    return order
  }

  test.each([1, 2, 3])(
    'in sequence %i',
    async (seed) => {
      vi.setSystemTime(Date.UTC(2031 + 9 * seed, 0, 28, 12))
      const random = randomOf(seed)
      const org = `sequence-${seed}`
      const oracle = new EveryKindOracle(drawTerms(random))
      oracle.prices = drawPrices(random, today())
      await ownkey.reload(fileOf(upstream.origin, oracle))
      await ownkey.putOrg(org)
      const tokens = {} as Play['tokens']
      for (const feature of Object.keys(features) as FeatureId[]) tokens[feature] = await ownkey.token({ org, feature })
      const play: Play = { org, random, oracle, tokens, hasEars: false, sockets: [], jobs: [], asks: 0 }
      for (let step = 0; step < 150; step++) {
        await draw(random)(play)
        const { credits, quotas } = (await api('GET', `/orgs/${org}/settings`)).body
        expect(credits.balance, `step ${step}`).toBe(oracle.balance(today()))
        for (const { used } of quotas) expect(used, `step ${step}`).toBe(oracle.quotaUsed(today()))
      }
      for (const talk of [...play.sockets]) await hangUp(play, talk)
      await compare(play)
    },
    240_000,
  )

  const span = 'from=2031-01-01&to=2900-01-01'
  async function compare({ org, oracle, random }: Play): Promise<void> {
    const rows: Row[] = []
    for (let cursor = ''; ; ) {
      const { body } = await api('GET', `/orgs/${org}/requests?${span}&limit=${random.whole(3, 40)}${cursor}`)
      rows.push(...body.items)
      if (body.nextCursor === null) break
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`
    }
    const listed = rows.map((row) => ({ ...row, day: row.startedAt.slice(0, 10) }))
    expect(listed).toHaveLength(oracle.entries.length)
    const inOrder = listed.toReversed()
    for (const [index, entry] of oracle.entries.entries()) {
      const same = inOrder.filter((row) => row.requestId === entry.requestId)
      const own = oracle.entries.slice(0, index).filter(({ requestId }) => requestId === entry.requestId).length
      const row = same.find(({ attempt }) => attempt === own + 1)
      if (Number.isNaN(entry.audioSeconds)) Object.assign(entry, { audioSeconds: row.audioSeconds, cost: row.cost })
      expect(row).toMatchObject(entry)
    }
    await compareExport(org, rows)
    for (const groupBy of groupings) await compareUsage(org, groupBy, rows)
    await compareCaps(org, oracle)
  }

  /** The same rows as a table for a spreadsheet. */
  async function compareExport(org: string, rows: readonly Row[]): Promise<void> {
    const headers = { authorization: `Bearer ${ownkey.adminToken}`, accept: 'text/csv' }
    const path = `/api/v1/orgs/${org}/requests?${span}`
    const [header = '', ...lines] = (await rawCall(ownkey.url, { path, headers })).text
      .replace('\ufeff', '')
      .trim()
      .split(/\r?\n/)
    const names = header.split(',')
    const flat = rows.map(({ cost, ...row }) => ({ ...row, cost: cost?.amount, currency: cost?.currency }))
    expect(lines).toEqual(flat.map((row) => names.map((name) => String(row[name] ?? '')).join(',')))
  }

  /** Every sum, of every group, is the sum of the rows that it is of. */
  async function compareUsage(org: string, groupBy: string, rows: readonly Row[]): Promise<void> {
    const names = groupBy.split(',')
    const { body } = await api('GET', `/orgs/${org}/usage?${span}&groupBy=${groupBy}`)
    const groups = new Map<string, Row[]>()
    for (const row of rows) {
      const group = names.map((name) => groupOf(row, name)).join('|')
      groups.set(group, [...(groups.get(group) ?? []), row])
    }
    const told = (body.rows as Row[]).map((row) => [names.map((name) => row.group[name] ?? 'none').join('|'), row])
    expect(told.map(([name]) => name).sort(), groupBy).toEqual([...groups.keys()].sort())
    for (const [name, row] of told) expect(countsIn(row), `${groupBy}: ${name}`).toEqual(sumOf(groups.get(name) ?? []))
    expect(countsIn(body.total), groupBy).toEqual(sumOf(rows))
  }

  /** What is spent under each cap is what the requests of its period cost, in its currency. */
  async function compareCaps(org: string, { entries }: EveryKindOracle): Promise<void> {
    const asked = { feature: 'assistant', provider: 'openai', preflight: true }
    const { notices } = (await api('GET', `/orgs/${org}/settings`)).body
    const { capsLeft } = (await api('POST', `/orgs/${org}/explain`, asked)).body
    for (const { scope, per, currency } of capsInFile) {
      const period = today().slice(0, per === 'day' ? 10 : 7)
      const spent = entries
        .filter(({ day, feature }) => day.startsWith(period) && (scope === 'organization' || feature === 'assistant'))
        .reduce((sum, { cost }) => sum + (cost?.currency === currency ? picoOf(cost.amount) : 0n), 0n)
      const cap = capsLeft.find((one: Row) => one.scope === scope)
      expect(cap?.spent, scope).toBe(decimal(spent))
      const notice = notices.find(({ kind, facts }: Row) => kind === 'cap_near' && facts.scope === scope)
      expect(notice?.facts.spent, scope).toBe(spent < 1_000_000_000_000n ? undefined : decimal(spent))
    }
  }
})

const groupings = [
  'day',
  'hour',
  'month',
  'feature',
  'provider',
  'model',
  'surface',
  'keySource',
  'user',
  'errorClass',
].concat(['day,user', 'month,feature', 'provider,model', 'keySource,errorClass', 'surface,user'])

function groupOf(row: Row, name: string): string {
  if (name === 'hour') return `${row.startedAt.slice(0, 13)}:00:00.000Z`
  if (name === 'day' || name === 'month') return row.startedAt.slice(0, name === 'day' ? 10 : 7)
  return row[name] ?? 'none'
}

const summed = [
  ...['inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'reasoningTokens', 'characters', 'credits'],
]

function sumOf(rows: readonly Row[]): object {
  const sum = (name: string) => rows.reduce((all, row) => all + (row[name] ?? 0), 0)
  const costs = new Map<string, bigint>()
  for (const { cost } of rows)
    if (cost !== null && cost.amount !== '0')
      costs.set(cost.currency, (costs.get(cost.currency) ?? 0n) + picoOf(cost.amount))
  const failed = rows.filter(({ errorClass }) => errorClass !== null).length
  return {
    ...Object.fromEntries(summed.map((name) => [name, sum(name)])),
    audioSeconds: Math.round(sum('audioSeconds') * 1000) / 1000,
    attempts: rows.length,
    failed,
    succeeded: rows.length - failed,
    unanswered: 0,
    fallbacks: rows.filter(({ fallbackClass }) => fallbackClass !== null).length,
    unpriced: rows.filter(({ errorClass, cost }) => errorClass === null && cost === null).length,
    costs: Object.fromEntries([...costs].map(([currency, pico]) => [currency, decimal(pico)])),
  }
}

function countsIn(row: Row): object {
  const names = [...summed, 'audioSeconds', 'attempts', 'failed', 'succeeded', 'unanswered', 'fallbacks', 'unpriced']
  // A currency in which nothing was spent may be told or not.
  const spent = row.costs.filter(({ amount }: Row) => amount !== '0')
  const costs = Object.fromEntries(spent.map(({ currency, amount }: Row) => [currency, amount]))
  return { ...Object.fromEntries(names.map((name) => [name, row[name]])), costs }
}
