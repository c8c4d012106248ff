import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { canaryKeys } from '../../../test/support/canary.ts'
import { Secret } from '../../crypto/index.ts'
import { KeyRedactor } from './key-redactor.ts'
import { Relay } from './relay.ts'

const key = canaryKeys.openai
const head = { status: 200, contentType: 'application/json', encoding: '', length: undefined, passed: [], raw: [] }

/** A relay of an answer that is packed so, begun. */
function begin(res: ServerResponse, encoding: string, onSpoilt: () => void): Relay {
  const redactor = new KeyRedactor(new Secret(key))
  const none = { usage: undefined, errors: undefined, stream: undefined }
  const relay = new Relay({ res, head: { ...head, encoding }, redactor, ...none, onSpoilt })
  relay.begin([])
  return relay
}

/** What a caller gets of an answer that is relayed so. */
async function relayed(play: (res: ServerResponse) => void): Promise<{ answer: IncomingMessage; body: Buffer }> {
  const server = createServer((_, res) => play(res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const answer = await new Promise<IncomingMessage>((resolve) =>
    get({ port: (server.address() as AddressInfo).port }, resolve),
  )
  const body = await buffer(answer)
  await new Promise((resolve) => server.close(resolve))
  return { answer, body }
}

test('what was gathered before the relay began waits for the caller once, however many pieces it is', async () => {
  const pieces = Array.from({ length: 40 }, () => Buffer.alloc(4_000, 'x'))
  let waits = 0
  let resumed = 0
  const { body } = await relayed((res) => {
    const relay = begin(res, '', () => {})
    for (const piece of pieces) relay.pass(piece, () => resumed++)
    waits = res.listenerCount('drain')
    res.once('drain', () => relay.finish())
  })
  expect([body.length, waits, resumed]).toEqual([160_000, 1, 1])
})

describe('a packed answer in two pieces', () => {
  /** Each piece can be unpacked to all of its text at once. */
  async function packed(...texts: [string, string]): Promise<[Buffer, Buffer]> {
    const packer = createGzip()
    packer.write(texts[0])
    await new Promise<void>((resolve) => packer.flush(resolve))
    const first = packer.read() as Buffer
    packer.end(texts[1])
    return [first, await buffer(packer)]
  }

  /** Passes each piece when the one before was taken, as from a provider. */
  const send = (pieces: readonly Buffer[]) =>
    relayed(async (res) => {
      const relay = begin(res, 'gzip', () => res.end('spoilt'))
      for (const piece of pieces) await new Promise<void>((taken) => relay.pass(piece, taken))
      relay.whenRead(false, () => relay.finish())
    })

  test('of which the first ends with the key’s beginning and the second goes on otherwise passes as it is', async () => {
    const pieces = await packed(`{"echo":"${key.slice(0, 30)}`, '-and something else"}')
    const { answer, body } = await send(pieces)
    expect(answer.statusCode).toBe(200)
    expect(body.equals(Buffer.concat(pieces))).toBe(true)
  })

  test.each<[string, [string, string]]>([
    ['the first', [`{"echo":"${key}"`, ',"more":1}']],
    ['both together', [`{"echo":"${key.slice(0, 30)}`, `${key.slice(30)}","more":1}`]],
  ])('of which %s tells the key is told unpacked, without it', async (_which, texts) => {
    const { answer, body } = await send(await packed(...texts))
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(JSON.parse(body.toString())).toEqual({ echo: '[key removed]', more: 1 })
  })
})
