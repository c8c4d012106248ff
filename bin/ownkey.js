#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { heedEarlySignals } from './early-signals.js'
import { tameHeap } from './heap.js'

// Other commands end by a signal as every command does.
if (process.argv[2] === 'serve') heedEarlySignals()
tameHeap()

const main = new URL('../dist/cli/index.js', import.meta.url)
if (existsSync(main)) {
  const cli = await import(main.href).catch(cannotLoad)
  process.exitCode = cli ? await cli.run(process.argv) : 1
} else {
  console.error('Ownkey is not built yet. Run "npm start" or "npm run build" in the project’s folder first.')
  process.exitCode = 1
}

/** Loading opens some two hundred files at once, so that it is the first to meet a limit that is far too low. */
function cannotLoad(error) {
  if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error
  console.error(`Too few files may be open at once: not even the program can be loaded (${error.code}).
  Let the process open 65536: "ulimit -n 65536", LimitNOFILE=65536 for systemd, --ulimit nofile=65536 for Docker.`)
}
