import { connect as openTcp } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type OpenOrigin, openOrigin } from '../../../../test/support/open-origin.ts'
import { plainAnswer } from '../../../../test/support/wire-answers.ts'
import {
  Heard,
  type Peer,
  startWireServer,
  turns,
  until,
  type WireServer,
} from '../../../../test/support/wire-server.ts'
import type { Connector } from './open-socket.ts'

let server: WireServer
let origin: OpenOrigin
beforeEach(async () => {
  server = await startWireServer()
  origin = openOrigin(server.origin)
})
afterEach(async () => {
  await origin.close()
  await server.close()
})

async function answer(peer: Peer, count: number, heard: Heard, body = 'ok'): Promise<void> {
  await peer.requests(count)
  await peer.say(plainAnswer(body))
  await heard.over
  expect([heard.body, heard.error]).toEqual([body, undefined])
}

describe('connections to an origin', () => {
  test('carry one exchange at a time each, and are used again, the last one first', async () => {
    const asked = [origin.ask(), origin.ask(), origin.ask()]
    for (const [i, { heard }] of asked.entries()) await answer(await server.peer(i), 1, heard)
    await turns(3)
    const again = origin.ask().heard
    await answer(await server.peer(2), 2, again)
    await turns(3)
    const both = [origin.ask(), origin.ask()]
    await answer(await server.peer(2), 3, both[0]?.heard as Heard)
    await answer(await server.peer(1), 2, both[1]?.heard as Heard)
    expect(server.peers).toHaveLength(3)
  })

  test('take a request that follows at once when they have come to rest', async () => {
    const next = new Heard()
    const first = new Heard({ before: (call) => call === 'complete' && origin.ask({ path: '/next' }, next) })
    origin.ask({}, first)
    const peer = await server.peer(0)
    await answer(peer, 1, first)
    await answer(peer, 2, next, 'next')
    expect(server.peers).toHaveLength(1)
  })

  test('that are about to rest are waited for by as many as they are; the others get their own', async () => {
    const followers = Array.from({ length: 5 }, () => new Heard())
    let opened = 0
    const ask = (from: number, to: number) => {
      for (const heard of followers.slice(from, to)) origin.ask({}, heard)
      opened = origin.sockets.length
    }
    const firsts = [new Heard(), new Heard()]
    for (const first of firsts) origin.ask({}, first)
    for (const [i, first] of firsts.entries()) first.before = (call) => call === 'complete' && ask(i * 3, i * 3 + 3)
    const peers = [await server.peer(0), await server.peer(1)]
    for (const peer of peers) await peer.requests(1)
    for (const peer of peers) await peer.say(plainAnswer('first'))
    for (const first of firsts) await first.over
    await until(() => server.peers.reduce((sum, peer) => sum + peer.received().split('GET /').length - 1, 0) === 7)
    for (const peer of server.peers) await peer.say(plainAnswer('ok'))
    for (const heard of followers) await heard.over
    expect(followers.map(({ body, error }) => [body, error])).toEqual(followers.map(() => ['ok', undefined]))
    expect(server.peers).toHaveLength(5)
    expect(opened, 'those for whom none is about to rest wait for nothing').toBe(5)
  })

  test('rest for a whole turn also when several come back in the same one', async () => {
    const sent = () => origin.sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0)
    const next = new Heard()
    let [before, after] = [0, 0]
    const ask = () => {
      before = sent()
      origin.ask({ path: '/next' }, next)
      setImmediate(() => {
        after = sent()
      })
    }
    let left = 2
    const firsts = [0, 1].map(() => new Heard({ before: (call) => call === 'complete' && --left === 0 && ask() }))
    for (const first of firsts) origin.ask({}, first)
    const peers = [await server.peer(0), await server.peer(1)]
    for (const peer of peers) await peer.requests(1)
    for (const peer of peers) peer.socket.write(plainAnswer('ok'))
    for (const first of firsts) await first.over
    await until(() => sent() > before)
    expect(after).toBe(before)
  })

  test('are not forgotten while one is used', async () => {
    const { heard } = origin.ask()
    const peer = await server.peer(0)
    await peer.requests(1)
    expect(origin.connections.isForgettable).toBe(false)
    await answer(peer, 1, heard)
    origin.ticks(8)
    await until(() => origin.connections.isForgettable)
  })

  test('that rest keep nothing busy', async () => {
    const { heard } = origin.ask()
    await answer(await server.peer(0), 1, heard)
    let isBusy = true
    for (let i = 0; i < 50; i++) {
      await turns(1)
      isBusy &&= process.getActiveResourcesInfo().includes('Immediate')
    }
    expect(isBusy).toBe(false)
  })

  test.each(['together with the answer', 'right behind it'])(
    'that their server closes %s break no request',
    async (when) => {
      for (let i = 0; i < 20; i++) {
        const next = new Heard()
        const first = new Heard({ before: (call) => call === 'complete' && origin.ask({ path: '/next' }, next) })
        origin.ask({ path: '/first' }, first)
        const peer = await server.peer(2 * i)
        await peer.requests(1)
        if (when === 'together with the answer') peer.socket.end(plainAnswer('first'))
        else {
          peer.socket.write(plainAnswer('first'))
          peer.socket.end()
        }
        await first.over
        const second = await server.peer(2 * i + 1)
        await answer(second, 1, next, 'next')
        second.socket.destroy()
        await until(() => origin.sockets.every((socket) => socket.destroyed))
      }
    },
  )

  test('that their server closed while they rested are not taken', async () => {
    const all = [origin.ask(), origin.ask(), origin.ask()]
    for (const [i, { heard }] of all.entries()) await answer(await server.peer(i), 1, heard)
    await turns(3)
    for (const i of [2, 1]) server.peers[i]?.socket.end()
    await until(() => origin.sockets.filter((socket) => socket.destroyed).length === 2)
    const { heard } = origin.ask()
    await answer(await server.peer(0), 2, heard)
    expect(server.peers).toHaveLength(3)
  })

  test('are not used again for a while where their server closes one right after an answer, unsaid', async () => {
    const answered = async (peer: number, count: number) => {
      const { heard } = origin.ask()
      await answer(await server.peer(peer), count, heard)
    }
    await answered(0, 1)
    server.peers[0]?.socket.end()
    await until(() => origin.sockets[0]?.destroyed === true)
    for (const peer of [1, 2, 3]) {
      await answered(peer, 1)
      await turns(3)
    }
    expect(origin.connections.isForgettable).toBe(false)
    origin.ticks(40)
    expect(origin.connections.isForgettable).toBe(true)
    await answered(4, 1)
    await turns(3)
    await answered(4, 2)
    expect(server.peers).toHaveLength(5)
  })

  test('are used again where their server closed one that had rested for long', async () => {
    const { heard } = origin.ask()
    await answer(await server.peer(0), 1, heard)
    origin.ticks(3)
    server.peers[0]?.socket.end()
    await until(() => origin.sockets[0]?.destroyed === true)
    for (const count of [1, 2]) {
      const again = origin.ask().heard
      await answer(await server.peer(1), count, again)
      await turns(3)
    }
  })

  test('go to another owner only when nothing has come for a while', async () => {
    const answered = async (owner: string | undefined, peer: number, count: number) => {
      const { heard } = origin.ask({ owner })
      await answer(await server.peer(peer), count, heard)
      await turns(3)
    }
    await answered('a', 0, 1)
    await answered('b', 1, 1)
    await answered(undefined, 2, 1)
    await answered('a', 0, 2)
    await answered('b', 1, 2)
    origin.ticks(1)
    await answered('c', 3, 1)
    origin.ticks(1)
    await answered('d', 1, 3)
    expect(server.peers).toHaveLength(4)
  })

  test.each([
    ['at once', (ask: () => void) => ask()],
    ['a turn later', (ask: () => void) => setImmediate(ask)],
  ])('that are about to rest are not waited for by another owner that asks %s', async (_, soon) => {
    const next = new Heard()
    let opened = 0
    const ask = () => {
      origin.ask({ owner: 'b', path: '/next' }, next)
      opened = origin.sockets.length
    }
    const first = new Heard({ before: (call) => call === 'complete' && soon(ask) })
    origin.ask({ owner: 'a' }, first)
    await answer(await server.peer(0), 1, first)
    await answer(await server.peer(1), 1, next, 'next')
    expect(opened).toBe(2)
  })

  test.each([
    ['behind an answer', plainAnswer('ok') + plainAnswer('more'), ''],
    ['at rest', plainAnswer('ok'), plainAnswer('more')],
  ])(
    'are used once only, and none that rests, where their server says %s what nobody asked for',
    async (_, said, later) => {
      const both = [origin.ask(), origin.ask()]
      await answer(await server.peer(0), 1, both[0]?.heard as Heard)
      await turns(3)
      const speaks = await server.peer(1)
      await speaks.requests(1)
      await speaks.say(said)
      await both[1]?.heard.over
      await turns(3)
      await speaks.say(later)
      await until(() => origin.sockets.every((socket) => socket.destroyed))
      for (const peer of [2, 3]) {
        const { heard } = origin.ask()
        await answer(await server.peer(peer), 1, heard)
        await turns(3)
      }
      origin.ticks(1_199)
      expect(origin.connections.isForgettable).toBe(false)
      origin.ticks(1)
      expect(origin.connections.isForgettable).toBe(true)
    },
  )

  test('are used again where their server only says that it closes an idle one', async () => {
    const { heard } = origin.ask()
    await answer(await server.peer(0), 1, heard)
    await turns(3)
    await server.peers[0]?.say('HTTP/1.0 408 Request Time-out\r\ncontent-length: 0\r\n\r\n')
    await until(() => origin.sockets[0]?.destroyed === true)
    for (const count of [1, 2]) {
      const again = origin.ask().heard
      await answer(await server.peer(1), count, again)
      await turns(3)
    }
  })

  test('that break while a request is on its way break it, and it is not sent again', async () => {
    const first = origin.ask().heard
    const peer = await server.peer(0)
    await answer(peer, 1, first)
    const { heard } = origin.ask({ method: 'POST' })
    await peer.requests(2)
    peer.socket.end()
    expect(await heard.code()).toBe('connection_closed')
    await turns(10)
    expect(server.peers).toHaveLength(1)
  })

  test('leave nothing behind when they are gone', async () => {
    for (let i = 0; i < 30; i++) {
      const { heard } = origin.ask()
      const peer = await server.peer(i)
      await peer.requests(1)
      peer.socket.end(plainAnswer('ok'))
      await heard.over
    }
    await until(() => origin.connections.isEmpty)
    origin.ticks(1)
    expect(listsOf(origin)).toEqual({ all: 0, resting: 0, fresh: 0, settling: 0, waiting: 0 })
  })

  test('keep no listeners from the exchanges that they carried', async () => {
    const count = () => {
      const socket = origin.sockets[0]
      return socket?.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0)
    }
    let before: number | undefined
    for (let i = 1; i <= 50; i++) {
      const { heard } = origin.ask({ method: 'POST', body: Buffer.alloc(i * 7_000) }, new Heard({ wants: false }))
      await until(() => origin.sockets.length === 1)
      const peer = await server.peer(0)
      await peer.requests(i)
      await until(() => origin.sockets[0]?.writableLength === 0)
      await peer.say(plainAnswer('ok'))
      await heard.over
      await turns(4)
      before ??= count()
    }
    expect(count()).toBe(before)
    expect(server.peers).toHaveLength(1)
  })
})

/** How many each list of an origin holds: what a leak would fill. */
function listsOf({ connections }: OpenOrigin) {
  const { all, resting, fresh, settling, waiting } = connections as unknown as {
    all: Set<unknown>
    resting: unknown[]
    fresh: unknown[]
    settling: unknown[]
    waiting: unknown[]
  }
  return {
    all: all.size,
    resting: resting.length,
    fresh: fresh.length,
    settling: settling.length,
    waiting: waiting.length,
  }
}

describe('a request that waits for a connection', () => {
  /** Asked in the moment in which the only connection comes back. */
  async function waiting(then: (asked: ReturnType<OpenOrigin['ask']>) => void): Promise<Heard> {
    const heard = new Heard()
    const first = new Heard({ before: (call) => call === 'complete' && then(origin.ask({ path: '/next' }, heard)) })
    origin.ask({ path: '/first' }, first)
    const peer = await server.peer(0)
    await answer(peer, 1, first)
    return heard
  }

  test('can be given up, and is then not sent', async () => {
    const gone = new Error('given up')
    const heard = await waiting(({ abort }) => {
      abort(gone)
      abort(new Error('twice'))
    })
    expect([heard.error, heard.calls]).toEqual([gone, ['error']])
    const { heard: next } = origin.ask({ path: '/after' })
    const peer = await server.peer(0)
    await answer(peer, 2, next)
    expect(peer.received()).not.toContain('/next')
  })

  test('can be given up after it was sent', async () => {
    const gone = new Error('given up')
    let abort: (error: Error) => void = () => undefined
    const heard = await waiting((asked) => {
      abort = asked.abort
    })
    const peer = await server.peer(0)
    await peer.requests(2)
    abort(gone)
    expect(heard.error).toBe(gone)
    await peer.gone
  })

  test('hears once of a fault of its own', async () => {
    let abort: (error: Error) => void = () => undefined
    const heard = new Heard({ before: (call) => call === 'error' && abort(new Error('again')) })
    const first = new Heard({
      before: (call) => {
        if (call === 'complete') abort = origin.ask({ path: 'no path' }, heard).abort
      },
    })
    origin.ask({}, first)
    await answer(await server.peer(0), 1, first)
    expect(await heard.code()).toBe('request_malformed')
    await turns(5)
    expect(heard.calls).toEqual(['error'])
  })

  test('can be given up by what another of them hears', async () => {
    const gone = new Error('given up')
    const aborts: ((error: Error) => void)[] = []
    const second = new Heard()
    const broken = new Heard({ before: (call) => call === 'error' && aborts[1]?.(gone) })
    const ask = () => {
      aborts.push(origin.ask({ path: 'no path' }, broken).abort, origin.ask({ path: '/second' }, second).abort)
    }
    const firsts = [new Heard(), new Heard({ before: (call) => call === 'complete' && ask() })]
    for (const first of firsts) origin.ask({}, first)
    const peers = [await server.peer(0), await server.peer(1)]
    for (const peer of peers) await peer.requests(1)
    for (const peer of peers) peer.socket.write(plainAnswer('ok'))
    for (const heard of [...firsts, broken, second]) await heard.over
    await turns(5)
    expect([second.error, second.calls, broken.calls]).toEqual([gone, ['error'], ['error']])
    expect(server.peers.map((peer) => peer.received()).join('')).not.toContain('/second')
  })

  test('ends with its origin', async () => {
    const heard = await waiting(() => origin.connections.close())
    expect(await heard.code()).toBe('connection_closed')
    await turns(5)
    expect(heard.calls).toEqual(['error'])
    expect(server.peers[0]?.received()).not.toContain('/next')
  })
})

describe('the end of an origin', () => {
  test('ends exchanges in every phase, and all connections', async () => {
    const heard = [origin.ask().heard]
    await answer(await server.peer(0), 1, heard[0] as Heard)
    await turns(3)
    const waits = origin.ask().heard
    await server.peers[0]?.requests(2)
    const inBody = origin.ask().heard
    await (await server.peer(1)).say('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc')
    await until(() => inBody.bytes === 3)
    const connecting = origin.ask().heard
    origin.connections.close()
    for (const one of [waits, inBody, connecting]) expect(await one.code()).toBe('connection_closed')
    await until(() => origin.connections.isEmpty)
    expect(origin.sockets.every((socket) => socket.destroyed)).toBe(true)
    await Promise.all(server.peers.map((peer) => peer.gone))
  })
})

describe('a handler that asks again when it hears of the end', () => {
  test('does not keep the end from coming', async () => {
    const again: Heard[] = []
    let asks = true
    const ask = (): void => {
      const heard = new Heard({ before: (call) => call === 'error' && asks && again.length < 1_000 && ask() })
      again.push(heard)
      origin.ask({}, heard)
    }
    ask()
    await (await server.peer(0)).requests(1)
    origin.connections.close()
    asks = false
    expect(again).toHaveLength(2)
  })
})

describe('what cannot be connected', () => {
  test('is an error for its handler, and leaves nothing', async () => {
    const port = server.port
    await server.close()
    const { heard } = origin.ask()
    expect(await heard.code()).toBe('ECONNREFUSED')
    await until(() => origin.connections.isEmpty)
    expect(origin.connections.target.port).toBe(String(port))
  })

  test.each<[string, Connector]>([
    [
      'is refused at once',
      (_, done) => {
        done(new Error('refused'), undefined)
        return undefined
      },
    ],
    [
      'cannot even be tried',
      () => {
        throw new Error('refused')
      },
    ],
  ])('because it %s is an error for its handler, once', async (_, connect) => {
    const refused = openOrigin('https://127.0.0.1', connect)
    const { heard, abort } = refused.ask()
    expect(await heard.code()).toBe('refused')
    abort(new Error('too late'))
    expect(heard.calls).toEqual(['error'])
    expect(refused.connections.isEmpty).toBe(true)
    refused.ticks(2)
  })

  test('because it was given up in the same moment in which it stood is closed', async () => {
    let abort: (error: Error) => void = () => undefined
    const late = openOrigin(server.origin, ({ port }, done) => {
      const socket = openTcp(Number(port), '127.0.0.1', () => {
        abort(new Error('given up'))
        done(null, socket)
      })
      return socket
    })
    const asked = late.ask()
    abort = asked.abort
    await asked.heard.over
    await until(() => late.connections.isEmpty)
    const peer = await server.peer(0)
    await peer.gone
    expect([peer.received(), asked.heard.calls]).toEqual(['', ['error']])
  })
})
