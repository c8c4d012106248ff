import { describe, expect, it } from 'vitest'
import { checkHost } from './check-host.ts'
import { isPublicAddress } from './guarded-connect.ts'

/** Ways to write a host that is not the customer's to call; every one must be refused before it is saved. */
const hostile = [
  ...[
    'http://api.example.com',
    'ftp://api.example.com',
    'file:///etc/passwd',
    'gopher://api.example.com',
    'javascript:alert(1)',
    'data:text/plain,x',
    '//api.example.com',
    'api.example.com',
    'https:api.example.com',
    'https:/api.example.com',
    'https:///api.example.com',
    '',
  ],
  ...[
    'https://user@api.example.com',
    'https://user:pw@api.example.com',
    'https://api.example.com@127.0.0.1',
    'https://127.0.0.1#@api.example.com',
    'https://api.example.com#x',
    'https://api.example.com?x=1',
    'https://127.0.0.1\\@api.example.com',
    'https://api.example.com\\.evil.test',
    'https://api.example.com /x',
    'https://api.example.com\n',
    'https://api.exam\tple.com',
  ],
  ...[
    'https://127.0.0.1',
    'https://127.1',
    'https://127.0.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://0x7f.1',
    'https://017700000001',
    'https://0177.0.0.1',
    'https://127.0.0.1.',
    'https://0',
    'https://0.0.0.0',
  ],
  ...[
    'https://10.0.0.1',
    'https://10.255.255.255',
    'https://172.16.0.1',
    'https://172.31.255.255',
    'https://192.168.1.1',
    'https://169.254.169.254',
    'https://169.254.170.2',
    'https://0xa9fea9fe',
    'https://2852039166',
    'https://0251.0376.0251.0376',
    'https://100.64.0.1',
    'https://168.63.129.16',
    'https://2822734096',
    'https://192.0.0.1',
    'https://192.0.2.1',
    'https://198.18.0.1',
    'https://198.51.100.1',
    'https://203.0.113.1',
    'https://224.0.0.1',
    'https://240.0.0.1',
    'https://255.255.255.255',
  ],
  ...[
    'https://[::1]',
    'https://[::]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:7f00:1]',
    'https://[::ffff:10.0.0.1]',
    'https://[::127.0.0.1]',
    'https://[64:ff9b::7f00:1]',
    'https://[64:ff9b::a9fe:a9fe]',
    'https://[2002:7f00:1::]',
    'https://[2001::1]',
    'https://[fc00::1]',
    'https://[fd00:ec2::254]',
    'https://[fe80::1]',
    'https://[ff02::1]',
    'https://[2001:db8::1]',
    'https://[100::1]',
  ],
  ...[
    'https://localhost',
    'https://LOCALHOST',
    'https://localhost.',
    'https://a.localhost',
    'https://printer.local',
    'https://metadata.google.internal',
    'https://metadata',
    'https://db',
    'https://vault.corp',
    'https://①②⑦.⓪.⓪.①',
    'https://127。0。0。1',
    'https://%31%32%37.0.0.1',
  ],
]

describe('checkHost', () => {
  it.each(hostile)('refuses %j', (baseUrl) => {
    expect(() => checkHost(baseUrl)).toThrow(/refused/)
  })

  it.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['https://API.example.com/openai/v1/', 'https://api.example.com'],
    ['https://my-resource.openai.azure.com:8443', 'https://my-resource.openai.azure.com:8443'],
    ['https://8.8.8.8', 'https://8.8.8.8'],
  ])('accepts %s', (baseUrl, origin) => {
    expect(checkHost(baseUrl)).toBe(origin)
  })

  it('accepts private hosts that the operator listed, and only those', () => {
    expect(checkHost('http://10.1.2.3:8000/v1', ['10.1.2.3'])).toBe('http://10.1.2.3:8000')
    expect(() => checkHost('http://10.1.2.4:8000/v1', ['10.1.2.3'])).toThrow(/refused/)
    expect(checkHost('http://Models.internal/v1', ['models.internal'])).toBe('http://models.internal')
    for (const name of ['evil-models.internal', 'a.models.internal', 'models.internal.local'])
      expect(() => checkHost(`https://${name}`, ['models.internal'])).toThrow(/refused/)
  })
})

describe('isPublicAddress', () => {
  it.each([
    '127.0.0.1',
    '::ffff:127.0.0.1',
    '168.63.129.16',
    '::ffff:168.63.129.16',
    '64:ff9b::7f00:1',
    'fe80::1%eth0',
    'not an address',
  ])('is false for %s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['8.8.8.8', '2606:4700:4700::1111'])('is true for %s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})
