import { type ChildProcess, fork, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A process that takes part in the bench. */
export interface Running {
  pid: number
  port: number
  /** Resolves when it has ended. */
  stop(): Promise<void>
}

export function benchFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

/** Starts a script that tells its port over IPC. */
export async function startScript(name: string, args: readonly string[] = []): Promise<Running> {
  const child = fork(benchFile(name), [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const { port } = await new Promise<{ port: number }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number }))
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
  })
  return { pid: child.pid as number, port, stop: () => end(child) }
}

/** Starts any program and waits until something answers HTTP on the port. */
export async function startProgram(
  command: readonly string[],
  options: { port: number; env?: Record<string, string> },
): Promise<Running> {
  const [file, ...args] = command
  const child = spawn(file as string, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...options.env },
  })
  await untilAnswers(options.port, child)
  return { pid: child.pid as number, port: options.port, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await ended
}

async function untilAnswers(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}`)
    try {
      await fetch(`http://127.0.0.1:${port}/`)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error(`nothing answers on port ${port}`)
}

/** CPU seconds, user and system, that the threads of these processes have used; exact to the nanosecond where the kernel keeps it. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const threads = readdirSync(`/proc/${pid}/task`)
    return sum + threads.reduce((spent, thread) => spent + threadSeconds(pid, thread), 0)
  }, 0)
}

function threadSeconds(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e9
  } catch {
    // A thread that has just ended.
    return 0
  }
}

/** Resident memory in MiB. */
export function memoryMiB(pids: readonly number[]): number {
  return pids.reduce(
    (sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    0,
  )
}

/** A process and its children (nginx workers). */
export function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...(children === '' ? [] : children.split(' ').map(Number))]
}
