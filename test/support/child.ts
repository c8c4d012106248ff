import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { evidenceFolder } from './evidence.ts'

/**
 * A program of `test/support/children/` in a process of its own, for tests that kill it or need several. What it says is
 * kept for the canary search.
 */
export interface Child {
  process: ChildProcess
  /** Lines that it has written to its standard output so far. */
  lines: string[]
  /** Resolves with the first line, old or new, that the condition accepts; rejects when the child ends before. */
  line(accept: (line: string, index: number) => boolean): Promise<string>
  /** Resolves when the process is gone and all its output read. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>
  /** kill −9, and waits until it is gone. */
  kill(): Promise<void>
}

/**
 * @param options.env the child's whole environment; absent: this process's
 * @param options.loader `tsx` starts large programs in a third of the time
 * @param options.fileBlocks no file that it writes may grow beyond so many kilobytes: what a full disk looks like
 */
export function startChild(
  name: string,
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; loader?: 'tsx'; fileBlocks?: number } = {},
): Child {
  const file = fileURLToPath(new URL(`./children/${name}.ts`, import.meta.url))
  const hooks = options.loader ?? new URL('./typescript-hooks.js', import.meta.url).href
  const command = [process.execPath, '--import', hooks, file, ...args]
  const limited = ['/bin/bash', '-c', `ulimit -f ${options.fileBlocks}; exec "$0" "$@"`, ...command]
  const [program, ...rest] = (options.fileBlocks === undefined ? command : limited) as [string, ...string[]]
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.env && { env: { ...options.env } }),
  })
  const log = join(evidenceFolder(name), 'output.log')
  const lines: string[] = []
  const waiting = new Set<() => void>()
  let stderr = ''
  let over = false
  child.stdout.on('data', (chunk) => appendFileSync(log, chunk))
  child.stderr.on('data', (chunk) => {
    stderr += chunk
    appendFileSync(log, chunk)
  })
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  const ended = new Promise<Awaited<Child['ended']>>((resolve) => {
    child.on('close', (code, signal) => {
      over = true
      for (const look of waiting) look()
      resolve({ code, signal, stderr })
    })
  })
  return {
    process: child,
    lines,
    ended,
    line: (accept) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find(accept)
          if (found === undefined && !over) return
          waiting.delete(look)
          found === undefined ? reject(new Error(`the child ended without that line: ${stderr}`)) : resolve(found)
        }
        waiting.add(look)
        look()
      }),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
