import { createSocket, type Socket } from 'node:dgram'
import type { LookupAddress } from 'node:dns'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Lookup } from '../gateway/index.ts'
import { createResolve } from './resolve-host.ts'

const aaaa = 28
/** What the name server says of a name, by the question's type; undefined: nothing at all. */
const zone: Readonly<Record<string, Readonly<Record<number, readonly number[]>>>> = {
  'both.example.com': { 1: [192, 0, 2, 7], [aaaa]: [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 9] },
  'six.example.com': { [aaaa]: [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 9] },
  'none.example.com': {},
}

const folder = mkdtempSync(join(tmpdir(), 'ownkey-hosts-'))
const hostsFile = join(folder, 'hosts')
const hosts = `# 10.0.0.1 both.example.com
127.0.0.1\tlocalhost
no-address silent.example.com
10.0.0.7  Inside.example.com alias.example.com # both.example.com
2001:db8::5 alias.example.com
`

let server: Socket
let resolve: Lookup
beforeAll(async () => {
  server = createSocket('udp4')
  server.on('message', (message, { port, address }) => {
    const { name, type, end } = questionIn(message)
    const data = name === 'unknown.example.com' ? [] : zone[name]?.[type]
    if (name === 'silent.example.com') return
    const flags = name === 'unknown.example.com' ? [0x81, 0x83] : [0x81, 0x80]
    const count = data === undefined || data.length === 0 ? 0 : 1
    const record = count === 0 ? [] : [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 5, 0, data?.length ?? 0, ...(data ?? [])]
    const head = [message[0] as number, message[1] as number, ...flags, 0, 1, 0, count, 0, 0, 0, 0]
    server.send(Buffer.concat([Buffer.from(head), message.subarray(12, end), Buffer.from(record)]), port, address)
  })
  await new Promise<void>((done) => server.bind(0, '127.0.0.1', done))
  writeFileSync(hostsFile, hosts)
  resolve = createResolve({ servers: [`127.0.0.1:${server.address().port}`], hostsFile })
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

function questionIn(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] as number; length > 0; length = message[at] as number) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 }
}

const asked = (hostname: string) =>
  new Promise<string | LookupAddress[]>((done) =>
    resolve(hostname, { all: true }, (error, addresses) => done(error === null ? addresses : String(error.code))),
  )

test('a customer’s host is asked for at the name servers, in both families', async () => {
  const six = { address: '2001:db8::9', family: 6 }
  expect(await asked('both.example.com')).toEqual([{ address: '192.0.2.7', family: 4 }, six])
  expect(await asked('six.example.com')).toEqual([six])
})

test('what the machine’s hosts file says of it comes first, whatever its case', async () => {
  const inside = { address: '10.0.0.7', family: 4 }
  expect(await asked('INSIDE.example.com')).toEqual([inside])
  expect(await asked('alias.example.com')).toEqual([inside, { address: '2001:db8::5', family: 6 }])
})

test('without a hosts file the name servers are asked', async () => {
  rmSync(hostsFile)
  expect(await asked('both.example.com')).toHaveLength(2)
  writeFileSync(hostsFile, hosts)
})

test('a name without an address, and one that nobody has, are errors', async () => {
  expect(await asked('none.example.com')).toBe('ENODATA')
  expect(await asked('unknown.example.com')).toBe('ENOTFOUND')
})

test('any number of name servers that do not answer hold up no other look-up', async () => {
  let isOver = false
  const silent = Promise.all(Array.from({ length: 50 }, () => asked('silent.example.com')))
  void silent.then(() => {
    isOver = true
  })
  expect(await asked('both.example.com')).toHaveLength(2)
  expect(isOver).toBe(false)
  expect(new Set(await silent)).toEqual(new Set(['ETIMEOUT']))
})
