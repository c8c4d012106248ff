/** Smaller buffers come from Node's pool, or die with the objects around them. */
const smallest = 16 * 1024
const worthCollecting = 8 * 1024 * 1024

let bytesSince = 0

/**
 * Counts a large buffer that is garbage as soon as it has been passed on. Such bytes lie beside V8's heap, where it lets them grow to
 * 32 MiB before it looks which of them are dead; here it looks after 8 MiB, where the process can be asked to
 * (`bin/heap.js`): docs/decisions/0014.
 */
export function countShortLived(bytes: number): void {
  if (bytes < smallest) return
  bytesSince += bytes
  if (bytesSince < worthCollecting) return
  bytesSince = 0
  globalThis.gc?.({ type: 'minor' })
}
