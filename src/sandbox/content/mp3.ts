interface Mp3Options {
  /** Hertz; one that MPEG knows, else 44100. */
  sampleRate: number
  /** Thousands of bits a second; one that MPEG knows, else 64. */
  bitrate: number
  seconds: number
  comment: string
}

/** Sample rate → [version bits, rate index, samples a frame] (ISO 11172-3, 13818-3, layer III). */
const rates: Record<number, [version: number, index: number, samples: number]> = {
  44100: [3, 0, 1152],
  48000: [3, 1, 1152],
  32000: [3, 2, 1152],
  22050: [2, 0, 576],
  24000: [2, 1, 576],
  16000: [2, 2, 576],
}
const bitrates: Record<number, readonly number[]> = {
  3: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}

/**
 * Mono frames whose side information is all zero, which decode to silence, behind an ID3v2.3 tag with the comment as
 * title.
 */
export function mp3Silence({ sampleRate, bitrate, seconds, comment }: Mp3Options): Buffer {
  const rate = rates[sampleRate] ? sampleRate : 44100
  const [version, rateIndex, samples] = rates[rate] as [number, number, number]
  const known = bitrates[version] as readonly number[]
  const bits = known.indexOf(bitrate) > 0 ? bitrate : 64
  const frame = Buffer.alloc(Math.floor((samples / 8) * ((bits * 1000) / rate)))
  frame[0] = 0xff
  frame[1] = 0xe0 | (version << 3) | (1 << 1) | 1
  frame[2] = (known.indexOf(bits) << 4) | (rateIndex << 2)
  frame[3] = 3 << 6
  const frames = Math.max(1, Math.ceil((seconds * rate) / samples))
  return Buffer.concat([id3(comment), ...Array.from({ length: frames }, () => frame)])
}

function id3(title: string): Buffer {
  const text = Buffer.concat([Buffer.from([0]), Buffer.from(title, 'latin1')])
  const head = Buffer.alloc(10)
  head.write('TIT2', 0, 'latin1')
  head.writeUInt32BE(text.length, 4)
  const size = head.length + text.length
  const syncsafe = [21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f)
  return Buffer.concat([Buffer.from('ID3'), Buffer.from([3, 0, 0, ...syncsafe]), head, text])
}
