/**
 * What a test run leaves behind for `tools/canary-search.ts` to search: logs, rows, answers and pages, below the folder that
 * OWNKEY_TEST_LOGS names.
 */
import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder for one server's logs or one database's rows. */
export function evidenceFolder(name: string): string {
  return mkdtempSync(join(parentFolder(), `${name.replaceAll(/[^a-z0-9]+/gi, '-')}-`))
}

/** Adds a text to this process's file of that kind (`answers.txt`, `pages.html`). */
export function keepEvidence(kind: string, text: string): void {
  const folder = join(parentFolder(), `process-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  appendFileSync(join(folder, kind), `${text}\n`)
}

function parentFolder(): string {
  const parent = process.env['OWNKEY_TEST_LOGS'] ?? join(tmpdir(), `ownkey-tests-alone-${process.getuid?.() ?? 0}`)
  mkdirSync(parent, { recursive: true })
  return parent
}
