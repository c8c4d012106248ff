/** `npm start` as a person runs it, in the project's own folder with a data folder and a port of the test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { evidenceFolder } from './evidence.ts'

export interface Started {
  process: ChildProcess
  output(): string
  /** Resolves once the pattern is in the output; rejects when the process ends before. */
  shows(pattern: RegExp): Promise<RegExpExecArray>
  ended: Promise<number | null>
}

export function npmStart(env: Readonly<Record<string, string>>): Started {
  const log = join(evidenceFolder('npm-start'), 'output.log')
  const child = spawn('npm', ['start'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let over = false
  const waiting = new Set<() => void>()
  const take = (part: Buffer) => {
    output += part
    appendFileSync(log, part)
    for (const look of waiting) look()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      over = true
      for (const look of waiting) look()
      resolve(code)
    })
  })
  return {
    process: child,
    output: () => output,
    ended,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(output)
          if (!found && !over) return
          waiting.delete(look)
          found ? resolve(found) : reject(new Error(`npm start ended without ${pattern}:\n${output}`))
        }
        waiting.add(look)
        look()
      }),
  }
}
