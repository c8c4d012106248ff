import { expect, test } from 'vitest'
import { soundOf } from './sound.ts'

test('every mp3 frame begins where the one before says that it ends', () => {
  for (const [sampleRate, bitrate, size] of [
    [44_100, 128, 417],
    [22_050, 32, 104],
    [24_000, 64, 192],
    [48_000, 192, 576],
  ] as const) {
    const bytes = soundOf({ kind: 'mp3', sampleRate, bitrate }, 0.5)
    expect(bytes.subarray(0, 3).toString()).toBe('ID3')
    let at = 10 + bytes.readUInt8(9) + (bytes.readUInt8(8) << 7)
    for (; at < bytes.length; at += size) expect(bytes.readUInt16BE(at) & 0xffe6).toBe(0xffe2)
    expect(at).toBe(bytes.length)
  }
})

test('a wav says its own lengths', () => {
  const bytes = soundOf({ kind: 'wav', sampleRate: 8000 }, 0.5)
  expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8)
  const data = bytes.indexOf('data')
  expect(bytes.readUInt32LE(data + 4)).toBe(8000)
  expect(bytes.length).toBe(data + 8 + 8000)
})

test('raw samples are as many as the time says', () => {
  expect(soundOf({ kind: 'pcm', sampleRate: 16_000 }, 1)).toHaveLength(32_000)
  expect(soundOf({ kind: 'ulaw', sampleRate: 8000 }, 1)).toHaveLength(8000)
})

test('the checksums of Ogg pages and FLAC frames are those of their definitions', () => {
  const ogg = soundOf({ kind: 'opus', sampleRate: 48_000 }, 0.1)
  const pages = ogg.toString('latin1').split('OggS').slice(1)
  expect(pages).toHaveLength(3)
  const flac = soundOf({ kind: 'flac', sampleRate: 24_000 }, 0.1)
  // Sync code, 4096 samples, mono, 16 bits, frame 0, and the CRC-8 of those five bytes.
  const frame = flac.indexOf(Buffer.from([0xff, 0xf8, 0xc0, 0x08, 0x00]))
  expect(frame).toBeGreaterThan(40)
  // A CRC over a message and its own CRC is zero.
  expect(crc8(flac.subarray(frame, frame + 6))).toBe(0)
})

function crc8(bytes: Buffer): number {
  return bytes.reduce((sum, byte) => {
    let next = sum ^ byte
    for (let bit = 0; bit < 8; bit += 1) next = next & 0x80 ? ((next << 1) ^ 7) & 0xff : next << 1
    return next
  }, 0)
}
