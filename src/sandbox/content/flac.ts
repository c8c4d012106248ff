const blockSize = 4096

interface FlacOptions {
  sampleRate: number
  seconds: number
  comment: string
}

/** Native FLAC (RFC 9639), mono, 16 bits: whole blocks of constant zero, with the comment in its tags. */
export function flacSilence({ sampleRate, seconds, comment }: FlacOptions): Buffer {
  // Frame numbers below 128 take one byte.
  const frames = Math.min(127, Math.max(1, Math.ceil((seconds * sampleRate) / blockSize)))
  const blocks = [Buffer.from('fLaC'), metadata(0, streamInfo(sampleRate, frames)), metadata(0x84, tags(comment))]
  return Buffer.concat([...blocks, ...Array.from({ length: frames }, (_, number) => frame(number))])
}

function metadata(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 0, body.length >> 8, body.length & 0xff]), body])
}

function streamInfo(sampleRate: number, frames: number): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(blockSize, 0)
  info.writeUInt16BE(blockSize, 2)
  // 20 bits rate, 3 bits channels - 1, 5 bits sample size - 1, 36 bits samples
  info.writeBigUInt64BE((BigInt(sampleRate) << 44n) | (15n << 36n) | BigInt(frames * blockSize), 10)
  return info
}

function tags(comment: string): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  return Buffer.concat([text('ownkey'), Buffer.from([1, 0, 0, 0]), text(`COMMENT=${comment}`)])
}

function frame(number: number): Buffer {
  // Sync, fixed blocks; 4096 samples and the rate of STREAMINFO; mono of 16 bits; frame number.
  const head = Buffer.from([0xff, 0xf8, 0xc0, 0x08, number])
  const body = Buffer.concat([head, Buffer.from([crc(head, { width: 8, polynomial: 0x07 }), 0, 0, 0])])
  const sum = crc(body, { width: 16, polynomial: 0x8005 })
  return Buffer.concat([body, Buffer.from([sum >> 8, sum & 0xff])])
}

function crc(bytes: Buffer, { width, polynomial }: { width: number; polynomial: number }): number {
  const top = 1 << (width - 1)
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << (width - 8)
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & top ? (sum << 1) ^ polynomial : sum << 1) & ((1 << width) - 1)
  }
  return sum
}
