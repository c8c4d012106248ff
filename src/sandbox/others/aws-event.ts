import { crc32 } from 'node:zlib'

/** One message of `application/vnd.amazon.eventstream`: lengths, their CRC, headers, JSON payload, CRC of all. */
export function awsEvent(headers: Readonly<Record<string, string>>, payload: unknown): Buffer {
  const all = { ...headers, ':content-type': 'application/json' }
  const head = Buffer.concat(Object.entries(all).map(([name, value]) => header(name, value)))
  const body = Buffer.from(JSON.stringify(payload))
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + head.length + body.length, 0)
  prelude.writeUInt32BE(head.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const message = Buffer.concat([prelude, head, body])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(message))
  return Buffer.concat([message, sum])
}

/** Type 7 is a text with two bytes of length. */
function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(value))
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)])
}
