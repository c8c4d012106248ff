import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** Unpacks a copy of a compressed answer while it passes, at the answer's own pace. What cannot be unpacked says nothing. */
export class Unpacker {
  private readonly decoder: Transform

  constructor(decoder: Transform, hear: (plain: Buffer) => void) {
    this.decoder = decoder.on('data', hear).on('error', () => undefined)
  }

  /** Calls back when everything that can be read of these bytes, and of those before them, was heard. */
  write(chunk: Buffer, then: () => void): void {
    if (this.decoder.destroyed) then()
    else this.decoder.write(chunk, then)
  }

  /** Calls back when there is nothing more to hear. */
  end(then: () => void): void {
    if (this.decoder.closed) then()
    else this.decoder.once('close', then).end()
  }
}

/** @returns undefined where nobody here can unpack it, or nothing has to be unpacked */
export function createUnpacker(encoding: string, hear: (plain: Buffer) => void): Unpacker | undefined {
  const create = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  return create && new Unpacker(create(), hear)
}
