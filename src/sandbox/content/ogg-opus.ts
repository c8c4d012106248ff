/** A 20 ms stereo frame of silence (RFC 6716). */
const silentFrame = Buffer.from([0xf8, 0xff, 0xfe])
const samplesAFrame = 960
const serial = 0x5a4d

/** Ogg Opus (RFC 7845) at 48 kHz: silence, with the comment in its tags. */
export function oggOpusSilence(seconds: number, comment: string): Buffer {
  const frames = Math.min(200, Math.max(1, Math.ceil(seconds * 50)))
  const last = page({
    flags: 4,
    position: frames * samplesAFrame,
    sequence: 2,
    packets: Array(frames).fill(silentFrame),
  })
  return Buffer.concat([
    page({ flags: 2, position: 0, sequence: 0, packets: [opusHead()] }),
    page({ flags: 0, position: 0, sequence: 1, packets: [opusTags(comment)] }),
    last,
  ])
}

function opusHead(): Buffer {
  const head = Buffer.alloc(19)
  head.write('OpusHead', 0, 'latin1')
  head[8] = 1
  head[9] = 2
  head.writeUInt32LE(48000, 12)
  return head
}

function opusTags(comment: string): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const count = Buffer.alloc(4)
  count.writeUInt32LE(1)
  return Buffer.concat([Buffer.from('OpusTags'), text('ownkey'), count, text(`COMMENT=${comment}`)])
}

interface Page {
  /** 2 begins the stream, 4 ends it. */
  flags: number
  /** Samples at 48 kHz up to the end of this page. */
  position: number
  sequence: number
  /** At most 200, each shorter than 255 bytes, so that one lacing byte a packet does. */
  packets: readonly Buffer[]
}

function page({ flags, position, sequence, packets }: Page): Buffer {
  const head = Buffer.alloc(27)
  head.write('OggS', 0, 'latin1')
  head[5] = flags
  head.writeBigUInt64LE(BigInt(position), 6)
  head.writeUInt32LE(serial, 14)
  head.writeUInt32LE(sequence, 18)
  head[26] = packets.length
  const bytes = Buffer.concat([head, Buffer.from(packets.map((packet) => packet.length)), ...packets])
  bytes.writeUInt32LE(checksum(bytes), 22)
  return bytes
}

/** Ogg's CRC-32: polynomial 0x04c11db7, not reflected, from zero. */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << 24
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1
  }
  return sum >>> 0
}
