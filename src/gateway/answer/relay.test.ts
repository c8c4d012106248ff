import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Secret } from '../../crypto/index.ts'
import { KeyRedactor } from './key-redactor.ts'
import { Relay } from './relay.ts'

test('what was gathered before the relay began waits for the caller once, however many pieces it is', async () => {
  const head = { status: 200, contentType: 'application/json', encoding: '', length: undefined, passed: [], raw: [] }
  const pieces = Array.from({ length: 40 }, () => Buffer.alloc(4_000, 'x'))
  let waits = 0
  let resumed = 0
  const server = createServer((_, res) => {
    const redactor = new KeyRedactor(new Secret('sk-a-key-that-is-not-in-it'))
    const relay = new Relay({
      res,
      head,
      redactor,
      usage: undefined,
      errors: undefined,
      stream: undefined,
      onSpoilt() {},
    })
    relay.begin([])
    for (const piece of pieces) relay.pass(piece, () => resumed++)
    waits = res.listenerCount('drain')
    res.once('drain', () => relay.finish())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const answer = await new Promise<IncomingMessage>((resolve) =>
    get({ port: (server.address() as AddressInfo).port }, resolve),
  )
  let bytes = 0
  for await (const piece of answer) bytes += (piece as Buffer).length
  expect([bytes, waits, resumed]).toEqual([160_000, 1, 1])
  await new Promise((resolve) => server.close(resolve))
})
