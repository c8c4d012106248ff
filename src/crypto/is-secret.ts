import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from './secret.ts'

/** Whether a text that a stranger sent is this secret. In constant time, and over hashes, so that its length does not show either. */
export function isSecret(text: string, secret: Secret): boolean {
  return timingSafeEqual(digest(text), digest(secret.reveal()))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
