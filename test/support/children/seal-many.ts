/** Seals as often as the first argument says and prints every nonce. */
import { createSecretKey } from 'node:crypto'
import { nonceLength, seal } from '../../../src/crypto/aead.ts'

const key = createSecretKey(Buffer.alloc(32, 1))
const context = Buffer.from('context')
const text = Buffer.from('text')
const nonces: string[] = []
for (let count = Number(process.argv[2]); count > 0; count--) {
  nonces.push(seal(key, context, text).subarray(0, nonceLength).toString('base64'))
}
process.stdout.write(`${nonces.join('\n')}\n`)
