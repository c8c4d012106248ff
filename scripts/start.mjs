/** `npm start`: installs and builds what is missing or stale, then starts the server with the sandbox on. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildWhenChanged, checkNode, failWith, installDependencies, root } from './prepare.mjs'

try {
  checkNode()
  installDependencies()
  buildWhenChanged()
  const bin = join(root, 'bin', 'ownkey.js')
  process.chdir(root)
  stopWithParent()
  // In this same process, so that Ctrl-C and SIGTERM reach the server itself and nothing has to pass them on.
  process.argv = [process.execPath, bin, 'serve', '--sandbox', ...process.argv.slice(2)]
  await import(pathToFileURL(bin).href)
} catch (error) {
  failWith(error)
}

/**
 * npm starts us through a shell, and the shell does not pass on the SIGTERM that npm gives it: it ends and leaves us behind,
 * holding the port and the database. So the server stops when its parent is gone.
 */
function stopWithParent() {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 250).unref()
}
