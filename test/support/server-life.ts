/** One start of a server, from listening to its end: within this process, or `ownkey serve` in one of its own. */
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lookup } from '../../src/gateway/index.ts'
import { createLog, readEnvironment, startServer } from '../../src/server/index.ts'
import { type Child, startChild } from './child.ts'
import { evidenceFolder } from './evidence.ts'

export interface LifeOptions {
  env: Readonly<Record<string, string>>
  sandbox: boolean
  process: 'inside' | 'child'
  /** Answers for the resolver of hosts that customers gave; inside this process only. */
  lookup?: Lookup | undefined
}

export interface Life {
  url: string
  /** Lines of its log so far. */
  logged(): readonly string[]
  signInLink(): Promise<string>
  /** @returns whether the new configuration is in force */
  reload(): Promise<boolean>
  /** Ends in order. */
  end(): Promise<void>
  child?: Child
}

export function startLife(options: LifeOptions): Promise<Life> {
  return options.process === 'child' ? startOutside(options) : startInside(options)
}

async function startInside({ env, sandbox, lookup }: LifeOptions): Promise<Life> {
  const file = createWriteStream(join(evidenceFolder('server'), 'log.jsonl'))
  const lines: string[] = []
  const destination = {
    write(line: string) {
      lines.push(line.trimEnd())
      file.write(line)
    },
  }
  const log = createLog({ level: 'debug', destination })
  const server = await startServer({ environment: readEnvironment({}, env), sandbox, log, lookup })
  return {
    url: server.url,
    logged: () => lines,
    signInLink: () => server.signInLink(),
    reload: async () => server.reload(),
    async end() {
      await server.close()
      await new Promise<void>((resolve) => file.end(resolve))
    },
  }
}

async function startOutside({ env, sandbox }: LifeOptions): Promise<Life> {
  const args = ['serve', '--json', ...(sandbox ? ['--sandbox'] : [])]
  const child = startChild('serve', args, { loader: 'tsx', env: { PATH: process.env['PATH'] ?? '', ...env } })
  const started = JSON.parse(await child.line((line) => line.startsWith('{"url"'))) as { url: string; signIn: string }
  const told = (line: string) => /"event":"config_(loaded|refused)"/.exec(line)?.[1]
  return {
    url: started.url,
    logged: () => child.lines,
    signInLink: async () => started.signIn,
    async reload() {
      const before = child.lines.length
      child.process.kill('SIGHUP')
      const line = await child.line((one, index) => index >= before && told(one) !== undefined)
      return told(line) === 'loaded'
    },
    async end() {
      child.process.kill('SIGTERM')
      await child.ended
    },
    child,
  }
}

export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}
