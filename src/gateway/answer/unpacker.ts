import type { Transform } from 'node:stream'
import { codingOf } from './content-codings.ts'

interface Piece {
  packed: Buffer
  then: () => void
}

/**
 * Unpacks a compressed answer, beside the compressed bytes that pass to the caller. Where it turns out not to be compressed as its
 * header says, the bytes are heard as they are, from the first piece that cannot be unpacked.
 */
export class Unpacker {
  private readonly create: (first: Buffer) => Transform
  private readonly hear: (plain: Buffer) => void
  private decoder: Transform | undefined
  /** Pieces that the decoder was given and has not yet read. */
  private readonly unread: Piece[] = []

  constructor(create: (first: Buffer) => Transform, hear: (plain: Buffer) => void) {
    this.create = create
    this.hear = hear
  }

  /** Calls back when everything that can be read of these bytes, and of those before them, was heard. */
  write(packed: Buffer, then: () => void): void {
    this.decoder ??= this.create(packed)
      .on('data', this.hear)
      .on('error', () => this.giveUp())
    if (this.decoder.destroyed) {
      this.hear(packed)
      then()
      return
    }
    this.unread.push({ packed, then })
    // After an error it may not call back for every piece, so `giveUp` takes care of those that are left.
    this.decoder.write(packed, (error) => error ?? this.unread.shift()?.then())
  }

  /** Calls back when there is nothing more to hear. */
  end(then: () => void): void {
    if (this.decoder === undefined || this.decoder.closed) then()
    else this.decoder.once('close', then).end()
  }

  private giveUp(): void {
    for (const { packed, then } of this.unread.splice(0)) {
      this.hear(packed)
      then()
    }
  }
}

/** @returns undefined where nothing is compressed, or in a coding that cannot be undone here */
export function createUnpacker(encoding: string, hear: (plain: Buffer) => void): Unpacker | undefined {
  const coding = codingOf(encoding)
  return coding && new Unpacker(coding.unpacking, hear)
}
