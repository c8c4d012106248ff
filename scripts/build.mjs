/**
 * `npm run build`: compiles src/ with tsc into a new folder, copies beside it what is not TypeScript, and only then puts it
 * in the place of dist/. A build that fails leaves the old one alone.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './prepare.mjs'

const fresh = join(root, `dist.${process.pid}`)
const old = join(root, `dist.${process.pid}.old`)

try {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const result = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], {
    cwd: root,
    stdio: 'inherit',
  })
  if (result.status === 0) {
    copyAssets(join(root, 'src'), fresh)
    swap()
  } else {
    process.exitCode = result.status ?? 1
  }
} finally {
  rmSync(fresh, { recursive: true, force: true })
  rmSync(old, { recursive: true, force: true })
}

/** Everything that is neither TypeScript nor a test's fixture: SQL, worker scripts, YAML, HTML. */
function copyAssets(from, to) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) {
      if (entry.name !== 'fixtures') copyAssets(source, target)
    } else if (!entry.name.endsWith('.ts') && !existsSync(target)) {
      mkdirSync(to, { recursive: true })
      copyFileSync(source, target)
    }
  }
}

function swap() {
  const dist = join(root, 'dist')
  if (existsSync(dist)) renameSync(dist, old)
  try {
    renameSync(fresh, dist)
  } catch {
    // Some file systems of containers cannot rename folders over layers.
    cpSync(fresh, dist, { recursive: true })
  }
}
