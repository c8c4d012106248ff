import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { OwnkeyError } from '../contract/index.ts'
import { systemClock } from '../lib/index.ts'
import type { CapStanding } from '../policy/index.ts'
import { type CapRoom, createCapRoom, type Hold } from './cap-room.ts'
import type { EntryStart, Standing } from './ledger.ts'

const start = (feature: string, more: Partial<EntryStart> = {}): EntryStart => ({
  requestId: 'req-1',
  attempt: 1,
  org: 'acme',
  feature,
  environment: 'production',
  provider: 'openai',
  model: 'gpt-4o',
  surface: 'chat',
  source: 'organization',
  key: { id: 'key-1', version: 1 },
  host: 'api.openai.com',
  credits: 0,
  startedAt: Date.now(),
  ...more,
})
const cap = (limitPico: number, more: Partial<CapStanding> = {}): CapStanding => ({
  scope: 'organization',
  per: 'month',
  currency: 'USD',
  limitPico,
  spentPico: 0,
  warnAt: 0.8,
  ...more,
})
const usd = (costPico: number) => ({ costPico, currency: 'USD' })
const reached = expect.objectContaining({ code: 'spend_cap_reached' })
/** Lets everything happen that nothing stands in the way of. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

const rooms: CapRoom[] = []
afterEach(() => {
  for (const room of rooms.splice(0)) room.close()
})

/** Each output token costs one pico-dollar; `unpriced` costs nothing. */
function open(waitMs = 60_000): CapRoom {
  const room = createCapRoom({
    clock: systemClock,
    price: ({ model, usage }) => (model === 'unpriced' ? undefined : usd(usage.outputTokens ?? 0)),
    waitMs,
  })
  rooms.push(room)
  return room
}

interface Asked {
  name: string
  expected: number
  /** Absent: it waits. */
  hold?: Hold
  refused?: { code?: string; message: string; retryAfterSeconds?: number }
  giveUp?: () => void
}

/** Attempts as they come and go, and what became of each. */
function crowd(room: CapRoom, caps: (feature: string) => CapStanding[]) {
  const all: Asked[] = []
  const went: string[] = []
  const ask = (expected: number, feature = 'chat', more: Partial<EntryStart & Standing> = {}): Asked => {
    const asked: Asked = { name: `${feature} ${all.length}`, expected }
    all.push(asked)
    const go = (hold: Hold) => {
      asked.hold = hold
      went.push(asked.name)
    }
    const fail = (error: unknown) => {
      asked.refused = error as Error
    }
    const standing: Standing = {
      balance: 0,
      caps: caps(feature),
      spentAsOf: 0,
      expects: () => [{ outputTokens: expected }],
      onWait: (giveUp) => {
        asked.giveUp = giveUp
      },
      ...more,
    }
    try {
      const hold = room.take(start(feature, more), standing)
      if (hold instanceof Promise) hold.then(go, fail)
      else go(hold)
    } catch (error) {
      fail(error)
    }
    return asked
  }
  return { all, went, ask }
}

describe('room under a cap', () => {
  test('is given to those whose expected costs fit together; the next waits until one of them is over', async () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const some = [ask(40), ask(40), ask(40), ask(10)]
    expect(some.map(({ hold }) => hold !== undefined)).toEqual([true, true, false, false])
    some[0]?.hold?.end(usd(20))
    await settled()
    expect(some.map(({ hold }) => hold !== undefined)).toEqual([true, true, true, false])
    some[1]?.hold?.end(undefined)
    await settled()
    expect(some[3]?.hold).toBeDefined()
  })

  test('is there for one that is alone, however much it expects, as long as the cap is not spent', async () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const big = ask(1_000)
    const next = ask(1)
    big.hold?.end(usd(99))
    await settled()
    next.hold?.end(usd(1))
    expect([big.refused, next.refused, ask(1).refused]).toEqual([undefined, undefined, reached])
  })

  test('refuses all who wait as soon as the cap is spent', async () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const [first, ...others] = [ask(90), ask(90), ask(90), ask(90)]
    first?.hold?.end(usd(100))
    await settled()
    expect(others.map(({ refused }) => refused)).toEqual([reached, reached, reached])
  })

  test('is for no longer waited for than allowed; the refusal says that it may be there again in seconds', async () => {
    const { ask } = crowd(open(20), () => [cap(100e12)])
    ask(90e12)
    const next = ask(90e12)
    await vi.waitFor(() => expect(next.refused).toEqual(reached))
    expect(next.refused?.message).toContain('cap of 100 USD per month for the organization may be used up by')
    expect(next.refused?.retryAfterSeconds).toBeLessThan(60)
  })

  test('is left to the next one by a caller who leaves, also in the middle of those who wait', async () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const [first, big, small] = [ask(60), ask(90), ask(30)]
    await settled()
    expect(small?.hold).toBeUndefined()
    big?.giveUp?.()
    await settled()
    expect([big?.hold, big?.refused, small?.hold !== undefined]).toEqual([undefined, expect.any(Error), true])
    first?.hold?.end(undefined)
  })

  test('is needed under every cap that counts the attempt, and waited for by nobody whom no full cap counts', async () => {
    const { ask } = crowd(open(), (feature) => [cap(60, { scope: 'feature', features: [feature] }), cap(100)])
    const [chat, more, draft] = [ask(50, 'chat'), ask(50, 'chat'), ask(40, 'draft')]
    expect([chat?.hold !== undefined, more?.hold, draft?.hold]).toEqual([true, undefined, undefined])
    const alone = crowd(open(), (feature) => [cap(60, { scope: 'feature', features: [feature] })])
    expect([alone.ask(50, 'chat'), alone.ask(50, 'chat'), alone.ask(40, 'draft')].map(({ hold }) => !!hold)).toEqual([
      true,
      false,
      true,
    ])
  })

  test('is not asked of what has no price, and not kept from it', () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const unpriced = { model: 'unpriced' }
    const some = [ask(90), ask(90), ask(1, 'chat', unpriced), ask(1, 'chat', unpriced), ask(0)]
    expect(some.map(({ hold }) => hold !== undefined)).toEqual([true, false, true, true, true])
    // Also while a session has cost more than the cap has room for.
    some[0]?.hold?.grow(usd(150))
    expect(ask(1, 'chat', unpriced).hold).toBeDefined()
  })

  test('is shared with the other nodes', async () => {
    const room = open()
    room.setNodes(2)
    const { ask } = crowd(room, () => [cap(100)])
    const some = [ask(25), ask(25), ask(25)]
    expect(some.map(({ hold }) => hold !== undefined)).toEqual([true, true, false])
    room.setNodes(1)
    await vi.waitFor(() => expect(some[2]?.hold).toBeDefined(), 5_000)
  })

  test('is not taken from what others may have spent: one node’s part once used, newer sums are read', async () => {
    const room = open()
    room.setNodes(2)
    const asked: number[] = []
    const { ask } = crowd(room, () => [cap(100)])
    ask(50).hold?.end(usd(50))?.()
    const begun = performance.now()
    const renewed = async (readAfter: number) => {
      asked.push(readAfter)
      return { balance: 0, caps: [cap(100, { spentPico: 90 })], spentAsOf: performance.now() + 1 }
    }
    const next = ask(4, 'chat', { renewed })
    expect(next.hold).toBeUndefined()
    await vi.waitFor(() => expect(next.hold).toBeDefined(), 5_000)
    expect([asked.length, (asked[0] as number) >= begun]).toEqual([1, true])
  })

  test('is judged by the newest sums, whatever was known when the wait began', async () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const newest = { balance: 7, caps: [cap(100, { spentPico: 100 })], spentAsOf: performance.now() }
    const held = ask(90)
    const known = { balance: 7, caps: [cap(100)], spentAsOf: performance.now() }
    const readings = [known, newest]
    const waits = ask(90, 'chat', { renewed: async () => readings.shift() ?? newest })
    await vi.waitFor(() => expect(waits.refused).toEqual(reached), 5_000)
    expect(held.hold).toBeDefined()
    // A snapshot from before the costs that are remembered here is read anew before anything is decided by it.
    const slow = crowd(open(), () => [cap(100)])
    const old = { spentAsOf: performance.now() - 50_000, renewed: async () => newest }
    const late = slow.ask(1, 'chat', old)
    expect([late.hold, late.refused]).toEqual([undefined, undefined])
    await vi.waitFor(() => expect(late.refused).toEqual(reached))
  })

  test('is held as far as a session has used it up', () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const session = ask(10)
    session.hold?.grow(usd(95))
    session.hold?.grow(usd(20))
    expect(ask(10).hold).toBeUndefined()
    // Also where nothing was expected, and all others went meanwhile.
    const { ask: askAnew } = crowd(open(), () => [cap(100)])
    const unheard = askAnew(10, 'chat', { model: 'unpriced' })
    askAnew(10).hold?.end(undefined)
    unheard.hold?.grow(usd(95))
    expect(askAnew(10).hold).toBeUndefined()
  })

  test('counts what a session has cost once, while it runs and when it is over', () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const [one, other] = [ask(10), ask(10)]
    const standing = { caps: [cap(100)], spentAsOf: 0 }
    one.hold?.grow(usd(60))
    other.hold?.grow(usd(30))
    expect(other.hold?.reached(standing)).toBeUndefined()
    one.hold?.end(usd(60))
    expect(other.hold?.reached(standing)).toBeUndefined()
    other.hold?.grow(usd(40))
    expect(other.hold?.reached(standing)).toEqual(reached)
  })

  test('is not waited for any longer where newer sums cannot be read', async () => {
    const { ask } = crowd(open(), () => [cap(100)])
    const gone = new OwnkeyError('unavailable')
    ask(90)
    const waits = ask(90, 'chat', { renewed: () => Promise.reject(gone) })
    await vi.waitFor(() => expect(waits.refused).toBe(gone), 10_000)
  })

  test('is given to nobody any more when the room is closed', async () => {
    const room = open()
    const { ask } = crowd(room, () => [cap(100)])
    const some = [ask(90), ask(90), ask(5)]
    room.close()
    await settled()
    const unavailable = expect.objectContaining({ code: 'unavailable' })
    expect(some.map(({ refused }) => refused)).toEqual([undefined, unavailable, unavailable])
  })

  test('is expected to be used as answers of the same kind used it before', async () => {
    const modest = crowd(open(), () => [cap(1_000)])
    for (let n = 0; n < 40; n++) modest.ask(100).hold?.end(usd(1))
    // Nearly a tenth of a hundred each; at first all of it was expected.
    for (let n = 0; n < 50; n++) expect(modest.ask(100).hold).toBeDefined()
    // Those who wait learn of it, too: nine of ten come to an end, and the others expect less.
    const waiting = crowd(open(), () => [cap(1_000)])
    const some = Array.from({ length: 30 }, () => waiting.ask(100))
    for (const { hold } of some.slice(0, 9)) hold?.end(usd(1))
    await settled()
    expect(some.filter(({ hold }) => hold !== undefined).length).toBeGreaterThan(9 + 10)
    const dear = crowd(open(), () => [cap(1_000)])
    dear.ask(1).hold?.end(usd(300))
    expect([dear.ask(1), dear.ask(1), dear.ask(1)].map(({ hold }) => hold !== undefined)).toEqual([true, true, false])
  })
})

describe('in any order of coming, ending and leaving', () => {
  type Step = { kind: 'ask'; expected: number; feature: string } | { kind: 'end' | 'fail' | 'leave'; which: number }
  const steps = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('ask' as const),
        expected: fc.integer({ min: 1, max: 120 }),
        feature: fc.constantFrom('chat', 'draft'),
      }),
      fc.record({ kind: fc.constantFrom('end' as const, 'fail' as const, 'leave' as const), which: fc.nat(20) }),
    ),
    { minLength: 10, maxLength: 60 },
  )
  const caps = (feature: string) => [
    cap(300),
    cap(feature === 'chat' ? 200 : 250, { scope: 'feature', features: [feature] }),
  ]

  /** @param costs what an attempt costs that expects so much */
  async function play(all: readonly Step[], costs: (expected: number) => number) {
    const room = open()
    const some = crowd(room, caps)
    const running: Asked[] = []
    let spent = 0
    const refresh = () => {
      for (const asked of some.all) if (asked.hold && !running.includes(asked)) running.push(asked)
    }
    const over = new Set<Asked>()
    const live = () => running.filter((asked) => !over.has(asked))
    const finish = (asked: Asked, charged: boolean) => {
      over.add(asked)
      if (charged) spent += costs(asked.expected)
      asked.hold?.end(charged ? usd(costs(asked.expected)) : undefined)?.()
      // A second time changes nothing.
      asked.hold?.end(usd(1_000))
    }
    for (const step of all) {
      if (step.kind === 'ask') some.ask(step.expected, step.feature)
      else if (step.kind === 'leave') {
        const waiting = some.all.filter(({ hold, refused }) => !hold && !refused)
        waiting[step.which % Math.max(1, waiting.length)]?.giveUp?.()
      } else {
        const asked = live()[step.which % Math.max(1, live().length)]
        if (asked) finish(asked, step.kind === 'end')
      }
      await settled()
      refresh()
      const waiting = some.all.filter(({ hold, refused }) => !hold && !refused)
      expect(room.waiting).toBe(waiting.length)
      if (live().length === 0) expect(waiting).toEqual([])
    }
    while (live().length > 0) {
      finish(live()[0] as Asked, false)
      await settled()
      refresh()
    }
    expect(room.waiting).toBe(0)
    return { spent, went: some.went, room }
  }

  test('a cap is passed by one request at most, those who came first go first, and no room is lost', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { spent, went, room } = await play(all, (expected) => expected)
        expect(spent).toBeLessThan(300 + 120)
        for (const feature of ['chat', 'draft']) {
          const order = went.filter((name) => name.startsWith(feature)).map((name) => Number(name.split(' ')[1]))
          expect(order).toEqual([...order].sort((a, b) => a - b))
        }
        // All that was held is free again, to the last unit.
        const fresh = crowd(room, () => [cap(spent + 100)])
        const some = [fresh.ask(99, 'other'), fresh.ask(1, 'other'), fresh.ask(1, 'other')]
        expect(some.map(({ hold }) => hold !== undefined)).toEqual([true, true, false])
      }),
      { numRuns: 150 },
    )
  })

  test('nobody waits for ever, whatever answers cost in the end', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(0.01, 0.5, 3), async (all, factor) => {
        await play(all, (expected) => Math.ceil(expected * factor))
      }),
      { numRuns: 100 },
    )
  })
})
