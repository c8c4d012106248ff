#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { heedEarlySignals } from './early-signals.js'
import { tameHeap } from './heap.js'

// Other commands end by a signal as every command does.
if (process.argv[2] === 'serve') heedEarlySignals()
tameHeap()

const main = new URL('../dist/cli/index.js', import.meta.url)
if (existsSync(main)) {
  const { run } = await import(main.href)
  process.exitCode = await run(process.argv)
} else {
  console.error('Ownkey is not built yet. Run "npm start" or "npm run build" in the project’s folder first.')
  process.exitCode = 1
}
