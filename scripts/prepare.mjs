/**
 * What `npm start` and `npm test` need before anything of ours can run: a Node that is new enough, the dependencies of
 * package-lock.json, and a build of the sources as they are now. Plain JavaScript without dependencies, because in a
 * fresh clone nothing else is there.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** An expected problem: its message is for people and no stack is printed. */
export class Problem extends Error {}

/** Throws a Problem when this Node is older than package.json asks. */
export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new Problem(
    `Ownkey needs Node.js 20.19 or newer; this is ${version}. Install a newer one from https://nodejs.org.`,
  )
}

/** Throws a Problem when the project's folder cannot be written to. */
export function checkWritable(folder = root) {
  try {
    accessSync(folder, constants.W_OK)
  } catch {
    throw new Problem(
      `${folder} is read-only for this user. Move the project to a folder you own, or change its owner.`,
    )
  }
}

/**
 * True when every package of the lock file is in node_modules in the locked version. npm keeps what it installed in
 * node_modules/.package-lock.json, so two files are compared and no folder is walked.
 */
export function dependenciesAreCurrent(folder = root) {
  const wanted = readJson(join(folder, 'package-lock.json'))?.packages
  const installed = readJson(join(folder, 'node_modules', '.package-lock.json'))?.packages
  if (!wanted || !installed) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link || entry.optional || entry.devOptional || entry.peer) return true
    return installed[path]?.version === entry.version
  })
}

/** Installs by the lock file, without running any package's install scripts. */
export function installDependencies({ say = console.log } = {}) {
  if (dependenciesAreCurrent()) return
  checkWritable()
  say('Installing dependencies (npm ci) …')
  const result = npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev'])
  if (result.error) throw new Problem(`npm could not be started (${result.error.code}). Install npm, then try again.`)
  if (result.status !== 0) {
    throw new Problem(
      'npm ci failed; its own message is above. Check the network and the npm registry, then try again.',
    )
  }
}

/** Runs npm with the project's root as its folder, its output passed through unless it is to be kept. */
export function npm(args, options = { stdio: 'inherit' }) {
  return spawnSync('npm', args, { cwd: root, shell: process.platform === 'win32', ...options })
}

const kept = { stdio: 'pipe', encoding: 'utf8', maxBuffer: 2 ** 26 }

/**
 * Builds the server, and the console where it has a build, unless nothing has changed since the last build. What a builder
 * prints is kept back and shown only when it fails: its pages of advice would hide the address that a person waits for.
 */
export function buildWhenChanged({ say = console.log } = {}) {
  for (const part of parts()) {
    const stamp = join(root, '.build', `${part.name}.sha256`)
    const now = part.hash()
    if (existsSync(part.result) && readText(stamp) === now) continue
    checkWritable()
    say(`Building the ${part.name} …`)
    const result = part.build()
    if (result.status !== 0) {
      say(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`)
      throw new Problem(`The ${part.name} could not be built; the messages are above.`)
    }
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, now)
  }
}

function parts() {
  const server = {
    name: 'server',
    result: join(root, 'dist', 'cli', 'index.js'),
    hash: () =>
      hashOf([join(root, 'src')], ['tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs', 'package-lock.json']),
    build: () => spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, ...kept }),
  }
  const console_ = {
    name: 'console',
    result: join(root, 'console', 'dist', 'index.html'),
    hash: () => hashOf([join(root, 'console'), join(root, 'src', 'contract')], ['package-lock.json']),
    build: () => npm(['run', 'build', '--workspace', 'console', '--silent'], kept),
  }
  return readJson(join(root, 'console', 'package.json'))?.scripts?.build ? [server, console_] : [server]
}

/** A hash over names and contents; tests and results of builds do not count. */
function hashOf(folders, files) {
  const hash = createHash('sha256').update(process.versions.node)
  const add = (path) => hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && entry.name !== 'dist' && entry.name !== 'fixtures') walk(path)
      } else if (!/\.test\.tsx?$/.test(entry.name)) add(path)
    }
  }
  for (const folder of folders) walk(folder)
  for (const file of files) add(join(root, file))
  return hash.digest('hex')
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Prints a Problem as one sentence and everything else as it is, and exits with 1. */
export function failWith(error) {
  console.error(error instanceof Problem ? `\n${error.message}` : error)
  process.exit(1)
}
