import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const halfMiB = 8
const most = 100_000
/** How far the heap may grow beyond what a full collection left, before the next one. */
const growingPercent = 30

/** What docs/decisions/0014 says about memory, for a process that is ours alone. */
export function tameHeap() {
  holdYoungGeneration()
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`)
  setFlagsFromString('--expose-gc')
  // For src/lib/short-lived-bytes.ts; a context that exists does not get it any more.
  globalThis.gc ??= runInNewContext('gc')
}

/**
 * Holds the young generation of the heap at two halves of 8 MiB instead of the 16 that V8 grows it to: little survives in it,
 * so larger ones cost every process 16 MiB and save little (docs/decisions/0014). Its largest size can only be given on the
 * command line, before a process exists; how far one step of growth goes is read at each step. So it is made to take one
 * step, to 8 MiB, and none after it, until V8 gives it back: a process that has rested may take that one step again.
 */
function holdYoungGeneration() {
  allowGrowth()
  // It grows when what survived is more than it holds.
  let survivors = []
  while (youngMiB() < 2 * halfMiB && survivors.length < most)
    for (let n = 0; n < 1_000; n++) survivors.push(new Array(16))
  survivors = []
  allowGrowth()
  new PerformanceObserver(allowGrowth).observe({ entryTypes: ['gc'] })
}

let allowed

/** Lets the next step of growth go to 8 MiB, and no further. */
function allowGrowth() {
  // Of a young one that V8 has just made, or given back, one half is not there yet.
  const factor = Math.max(1, Math.min(halfMiB, Math.floor((2 * halfMiB) / youngMiB())))
  if (factor !== allowed) setFlagsFromString(`--semi-space-growth-factor=${factor}`)
  allowed = factor
}

/** Both halves. */
export function youngMiB() {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  return (space?.space_size ?? Number.POSITIVE_INFINITY) / 1024 / 1024
}
