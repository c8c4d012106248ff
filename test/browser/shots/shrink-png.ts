import { crc32, deflateSync, inflateSync } from 'node:zlib'

const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])

/**
 * A picture of a page with at most 256 colours: a third of the size, and no difference to the eye,
 * because a page has few colours besides the edges of its letters.
 * @param png 8 bits for each of 3 or 4 channels, not interlaced, as browsers write it
 */
export function shrinkPng(png: Buffer): Buffer {
  const chunks = chunksOf(png)
  const header = chunks.find(({ type }) => type === 'IHDR')?.data as Buffer
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const channels = header[9] === 6 ? 4 : 3
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data))
  const pixels = unfilter(inflateSync(packed), { width, height, channels })
  const palette = missedColours(pixels)
  const nearest = nearestIn(palette)
  const rows = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = nearest(pixels[y * width + x] as number)
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  const size = Buffer.from(header)
  size[9] = 3
  return Buffer.concat([
    signature,
    chunk('IHDR', size),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const found: { type: string; data: Buffer }[] = []
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at)
    found.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) })
    at += length + 12
  }
  return found
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

interface Size {
  width: number
  height: number
  channels: number
}

/** Undoes the filters of PNG's rows. @returns one 0xRRGGBB for each pixel */
function unfilter(raw: Buffer, { width, height, channels }: Size): Uint32Array {
  const stride = width * channels
  const bytes = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] as number
    for (let i = 0; i < stride; i++) {
      const left = i >= channels ? (bytes[y * stride + i - channels] as number) : 0
      const above = y > 0 ? (bytes[(y - 1) * stride + i] as number) : 0
      const corner = y > 0 && i >= channels ? (bytes[(y - 1) * stride + i - channels] as number) : 0
      const guess = [0, left, above, (left + above) >> 1, filter === 4 ? paeth(left, above, corner) : 0][
        filter
      ] as number
      bytes[y * stride + i] = (raw[y * (stride + 1) + 1 + i] as number) + guess
    }
  }
  const pixels = new Uint32Array(width * height)
  for (let p = 0; p < pixels.length; p++) pixels[p] = bytes.readUIntBE(p * channels, 3)
  return pixels
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)]
  return a <= b && a <= c ? left : b <= c ? above : corner
}

/** One after the other the colour that would be missed most: by how often it stands there and how far the nearest chosen one is. */
function missedColours(pixels: Uint32Array): number[] {
  const counts = new Map<number, number>()
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  const colours = [...counts.keys()]
  const missed = colours.map(() => 3 * 255 ** 2)
  const chosen: number[] = []
  while (chosen.length < Math.min(256, colours.length)) {
    let best = 0
    let most = -1
    for (const [place, colour] of colours.entries()) {
      const weight = (missed[place] as number) * (counts.get(colour) as number)
      if (weight > most) [best, most] = [place, weight]
    }
    const next = colours[best] as number
    chosen.push(next)
    for (const [place, colour] of colours.entries())
      missed[place] = Math.min(missed[place] as number, distance(colour, next))
  }
  return chosen
}

function distance(one: number, other: number): number {
  const red = (one >> 16) - (other >> 16)
  const green = ((one >> 8) & 255) - ((other >> 8) & 255)
  const blue = (one & 255) - (other & 255)
  return red * red + green * green + blue * blue
}

function nearestIn(palette: readonly number[]): (colour: number) => number {
  const known = new Map(palette.map((colour, place) => [colour, place]))
  return (colour) => {
    const found = known.get(colour)
    if (found !== undefined) return found
    const distances = palette.map((other) => distance(colour, other))
    const best = distances.indexOf(Math.min(...distances))
    known.set(colour, best)
    return best
  }
}
