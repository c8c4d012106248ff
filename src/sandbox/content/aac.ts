/** One AAC-LC frame of mono silence. */
const silentFrame = [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80]
const samplesAFrame = 1024

/** ADTS frames of silence at 44.1 kHz, mono. The format has no place for a comment. */
export function aacSilence(seconds: number): Buffer {
  const size = 7 + silentFrame.length
  const frame = Buffer.from([
    0xff,
    0xf1,
    // AAC-LC, rate index 4 (44.1 kHz), one channel
    (1 << 6) | (4 << 2),
    (1 << 6) | (size >> 11),
    (size >> 3) & 0xff,
    ((size & 7) << 5) | 0x1f,
    0xfc,
    ...silentFrame,
  ])
  const frames = Math.max(1, Math.ceil((seconds * 44100) / samplesAFrame))
  return Buffer.concat(Array.from({ length: frames }, () => frame))
}
