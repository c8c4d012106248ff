import { createHash } from 'node:crypto'

/** A unit vector that is always the same for the same text. */
export function vectorOf(text: string, dimensions: number): number[] {
  const seed = createHash('sha256').update(text).digest()
  let state = seed.readUInt32LE(0) || 1
  const values = Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
  const length = Math.hypot(...values) || 1
  return values.map((value) => Math.fround(value / length))
}

/** Little-endian 32-bit floats, as OpenAI's `base64` means it. */
export function vectorBase64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64')
}
