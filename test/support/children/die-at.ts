/**
 * Loaded into a server that is to be killed: kills its own process with SIGKILL at one point of the request path, when it is
 * passed for the n-th time. Nothing in src knows of it; the points are methods and system calls that are there anyway.
 */
import fs, { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { UpstreamCall } from '../../../src/gateway/answer/upstream-call.ts'
import { DecisionMemory } from '../../../src/gateway/decision/decision-memory.ts'
import { Egress } from '../../../src/gateway/egress/egress.ts'
import { Connection } from '../../../src/gateway/egress/http1/connection.ts'

export interface DeathPlan {
  point: keyof typeof points
  /** 1: the first time. */
  after: number
}

type Methods = Record<string, (...values: unknown[]) => unknown>

function before(owner: object, name: string): (pass: () => void) => void {
  return (pass) => {
    const methods = owner as Methods
    const original = methods[name]
    // A point that is gone would let the server live for ever.
    if (original === undefined) throw new Error(`there is no ${name} to die at`)
    methods[name] = function (this: unknown, ...values) {
      pass()
      return original.apply(this, values)
    }
  }
}

function after(owner: object, name: string): (pass: () => void) => void {
  return (pass) => {
    const methods = owner as Methods
    const original = methods[name]
    // A point that is gone would let the server live for ever.
    if (original === undefined) throw new Error(`there is no ${name} to die at`)
    methods[name] = function (this: unknown, ...values) {
      const result = original.apply(this, values)
      pass()
      return result
    }
  }
}

/** After the lines of entries that begin are in the spool: reserved, and not sent. */
function afterSpooling(pass: () => void): void {
  const original = fs.writeSync as (...values: unknown[]) => number
  const patched = (...values: unknown[]) => {
    const written = original(...values)
    if (String(values[1]).includes('"og":')) pass()
    return written
  }
  fs.writeSync = patched as typeof fs.writeSync
  syncBuiltinESMExports()
}

const points = {
  'after authentication': before(DecisionMemory.prototype, 'decide'),
  'after reservation': afterSpooling,
  'after decryption': before(Egress.prototype, 'send'),
  'at the connection': before(Connection.prototype, 'write'),
  'at the first byte': before(UpstreamCall.prototype, 'onHeaders'),
  'in the middle': before(UpstreamCall.prototype, 'onData'),
  'at the last byte': before(UpstreamCall.prototype, 'onComplete'),
  'before settlement': before(UpstreamCall.prototype, 'end'),
  'after settlement': after(UpstreamCall.prototype, 'end'),
} as const

const plan = JSON.parse(readFileSync(process.env['CHAOS_PLAN'] as string, 'utf8')) as DeathPlan | null
let passed = 0
if (plan !== null)
  points[plan.point](() => {
    if (++passed === plan.after) process.kill(process.pid, 'SIGKILL')
  })
