/**
 * Loaded into a server that is to die of an exception: when a provider's answer begins, something is thrown that nobody
 * catches, with a prompt in it. Nothing in src knows of it.
 */
import { UpstreamCall } from '../../../src/gateway/answer/upstream-call.ts'
import { canaryPrompts } from '../canary.ts'

export type Thrown = keyof typeof throwers

const [prompt] = canaryPrompts
const throwers = {
  error: () => {
    throw new Error(prompt, { cause: new TypeError(prompt) })
  },
  text: () => {
    throw prompt
  },
  rejection: () => void Promise.reject(Object.assign(new Error(prompt), { code: prompt, input: prompt })),
}

const thrower = throwers[process.env['THROWN'] as Thrown]
const methods = UpstreamCall.prototype as unknown as Record<string, (...values: unknown[]) => unknown>
const original = methods['onHeaders']
// A place that is gone would let the server live for ever.
if (original === undefined || thrower === undefined) throw new Error('there is nothing to throw, or nowhere to')
methods['onHeaders'] = function (this: unknown, ...values) {
  setImmediate(thrower)
  return original.apply(this, values)
}
