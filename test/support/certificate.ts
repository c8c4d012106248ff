/** Certificates for test servers, made when they are needed: nothing that expires lies in the repository. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  /** PEM, both. */
  key: string
  cert: string
}

type Der = Buffer

function der(tag: number, ...parts: readonly Der[]): Der {
  const body = Buffer.concat(parts)
  const { length } = body
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

const sequence = (...parts: Der[]) => der(0x30, ...parts)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const octets = (body: Der) => der(0x04, body)
const time = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\.\d+/g, '')}`))

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const commonName = oid('550403')
const basicConstraints = oid('551d13')
const subjectAltName = oid('551d11')

/**
 * A certificate that is its own authority.
 * @param names of hosts, and IPv4 addresses
 * @param days how long it is valid from now on; negative: it has expired
 */
export function makeCertificate(names: readonly string[], { days = 30 } = {}): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = Date.now()
  const name = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(names[0] ?? 'nobody')))))
  const from = new Date(now + (Math.min(days, 0) - 2) * 86_400_000)
  const until = new Date(now + days * 86_400_000)
  const isAuthority = sequence(basicConstraints, octets(sequence(der(0x01, Buffer.from([0xff])))))
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1]), randomBytes(8)),
    ecdsaWithSha256,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(isAuthority, sequence(subjectAltName, octets(sequence(...names.map(generalName)))))),
  )
  return { key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), cert: signed(body, privateKey) }
}

function generalName(name: string): Der {
  const isAddress = /^[\d.]+$/.test(name)
  return isAddress ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name))
}

function signed(body: Der, key: KeyObject): string {
  const whole = sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), sign('sha256', body, key)))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
