import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from './secret.ts'

const text = 'sk-canary-0123456789abcdef'

describe('a secret', () => {
  const secret = new Secret(text)

  it('is had by reveal', () => {
    expect(secret.reveal()).toBe(text)
  })

  const ways: [string, () => unknown][] = [
    ['a template', () => `${secret}`],
    ['String()', () => String(secret)],
    ['toString and toLocaleString', () => [secret.toString(), secret.toLocaleString()].join()],
    ['concatenation', () => `key: ${secret as unknown as string}`],
    ['JSON', () => JSON.stringify({ secret, list: [secret], map: { secret } })],
    [
      'util.inspect, everything shown',
      () =>
        inspect(
          { secret, map: new Map([[secret, secret]]) },
          { showHidden: true, depth: 9, getters: true, customInspect: false },
        ),
    ],
    ['util.inspect', () => inspect([secret])],
    ['console’s formats', () => format('%s %j %o %O %d', secret, secret, secret, secret, secret)],
    ['an error’s message', () => new Error(`no: ${secret}`).message],
    ['an error’s cause', () => inspect(new Error('no', { cause: { secret } }))],
    ['spreading and entries', () => JSON.stringify([{ ...secret }, Object.entries(secret), Reflect.ownKeys(secret)])],
    ['structuredClone', () => inspect(structuredClone({ secret }), { showHidden: true })],
    ['a number or a date made of it', () => `${Number(secret)} ${new Date(secret as unknown as string)}`],
  ]
  it.each(ways)('is not shown by %s', (_name, show) => {
    expect(String(show())).not.toContain('canary')
  })
})
