import { Problem } from '../call.ts'
import { aacSilence } from './aac.ts'
import { flacSilence } from './flac.ts'
import { mp3Silence } from './mp3.ts'
import { oggOpusSilence } from './ogg-opus.ts'

/** Rates that any of the providers offers. */
const sampleRates = new Set([8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])

/** @throws Problem `invalid_field` for a rate that nobody offers */
export function sampleRateOf(value: unknown, field: string): number {
  const rate = Number(value)
  if (!sampleRates.has(rate)) throw new Problem('invalid_field', field)
  return rate
}

/** What a speech request may ask for, in no provider's words. */
export type SoundKind = 'wav' | 'pcm' | 'mp3' | 'opus' | 'aac' | 'flac' | 'ulaw' | 'alaw'

export interface SoundFormat {
  kind: SoundKind
  /** Hertz. */
  sampleRate: number
  /** Only for mp3; thousands of bits a second. */
  bitrate?: number
}

export const soundTypes: Record<SoundKind, string> = {
  wav: 'audio/wav',
  pcm: 'audio/pcm',
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  aac: 'audio/aac',
  flac: 'audio/flac',
  ulaw: 'audio/basic',
  alaw: 'audio/x-alaw-basic',
}

/** Written into the files whose format has a place for it. */
export const soundComment = 'Ownkey sandbox: no provider was called'

/** A short, valid sound: a quiet tone where it is written sample by sample, silence in the compressed formats. */
export function soundOf(format: SoundFormat, seconds: number): Buffer {
  return makers[format.kind](format, seconds)
}

/** The bytes in pieces of at most that size. */
export function slices(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
}

/** How long the sandbox speaks a text: 15 characters a second, between 0.2 and 3 s. */
export function spokenSeconds(characters: number): number {
  return Math.min(3, Math.max(0.2, Math.round((characters / 15) * 10) / 10))
}

const makers: Record<SoundKind, (format: SoundFormat, seconds: number) => Buffer> = {
  wav: ({ sampleRate }, seconds) => wavOf(tone(sampleRate, seconds), sampleRate),
  pcm: ({ sampleRate }, seconds) => tone(sampleRate, seconds),
  mp3: ({ sampleRate, bitrate }, seconds) =>
    mp3Silence({ sampleRate, bitrate: bitrate ?? 64, seconds, comment: soundComment }),
  opus: (_, seconds) => oggOpusSilence(seconds, soundComment),
  aac: (_, seconds) => aacSilence(seconds),
  flac: ({ sampleRate }, seconds) => flacSilence({ sampleRate, seconds, comment: soundComment }),
  ulaw: ({ sampleRate }, seconds) => Buffer.alloc(Math.round(sampleRate * seconds), 0xff),
  alaw: ({ sampleRate }, seconds) => Buffer.alloc(Math.round(sampleRate * seconds), 0xd5),
}

/** 440 Hz, mono, 16 bits little-endian. */
function tone(sampleRate: number, seconds: number): Buffer {
  const samples = Math.round(sampleRate * seconds)
  const bytes = Buffer.alloc(samples * 2)
  for (let at = 0; at < samples; at += 1) {
    bytes.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * 440 * at) / sampleRate)), at * 2)
  }
  return bytes
}

function wavOf(samples: Buffer, sampleRate: number): Buffer {
  const format = Buffer.alloc(16)
  format.writeUInt16LE(1, 0)
  format.writeUInt16LE(1, 2)
  format.writeUInt32LE(sampleRate, 4)
  format.writeUInt32LE(sampleRate * 2, 8)
  format.writeUInt16LE(2, 12)
  format.writeUInt16LE(16, 14)
  const info = Buffer.concat([Buffer.from('INFO'), chunk('ICMT', Buffer.from(`${soundComment}\0`))])
  return chunk(
    'RIFF',
    Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), chunk('LIST', info), chunk('data', samples)]),
  )
}

/** RIFF chunks are padded to even lengths; the padding is not counted. */
function chunk(name: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from(name), length, body, Buffer.alloc(body.length % 2)])
}
