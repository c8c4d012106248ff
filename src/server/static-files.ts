import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { gzipSync } from 'node:zlib'

/** One file of the console, ready to send. */
export interface StaticFile {
  type: string
  body: Buffer
  /** Absent where compressing gains nothing. */
  gzip?: Buffer
  etag: string
  /** True for files whose name carries a hash of their content. */
  immutable: boolean
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

const compressible = /^(text\/|application\/(json|manifest)|image\/svg)/

/**
 * All files of a folder by their URL path. They are read once, at start: a request looks a path up in a table, so no path
 * that a caller invents ever reaches the disk.
 */
export function readStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  if (!existsSync(folder)) return files
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)]
    if (!entry.isFile() || !type) continue
    const path = join(entry.parentPath, entry.name)
    const url = `/${path.slice(folder.length).split(sep).filter(Boolean).join('/')}`
    files.set(url, readFile(path, type))
  }
  return files
}

function readFile(path: string, type: string): StaticFile {
  const body = readFileSync(path)
  const zipped = compressible.test(type) ? gzipSync(body, { level: 9 }) : undefined
  return {
    type,
    body,
    ...(zipped && zipped.length < body.length * 0.9 && { gzip: zipped }),
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: /[.-][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(path) && !path.endsWith('.html'),
  }
}
