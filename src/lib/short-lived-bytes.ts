/** Smaller buffers come from Node's pool, or die with the objects around them. */
const smallest = 16 * 1024
const worthCollecting = 4 * 1024 * 1024

let bytesSince = 0

/**
 * Counts a large buffer that is garbage as soon as it has been passed on. Such buffers lie outside V8's heap, and V8 collects only
 * when 32 MiB of them have gathered. After 4 MiB counted here a collection is started, if the process allows it (`bin/heap.js`;
 * docs/decisions/0014).
 */
export function countShortLived(bytes: number): void {
  if (bytes < smallest) return
  bytesSince += bytes
  if (bytesSince < worthCollecting) return
  bytesSince = 0
  globalThis.gc?.({ type: 'minor' })
}
