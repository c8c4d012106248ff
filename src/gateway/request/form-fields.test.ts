import { describe, expect, it } from 'vitest'
import { findFormFields } from './form-fields.ts'

describe('the model in a form', () => {
  const form = (parts: string[]) => Buffer.from(`${parts.map((part) => `--B\r\n${part}\r\n`).join('')}--B--\r\n`)
  const part = (name: string, value: string, more = '') =>
    `Content-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}`

  it('is found behind a file', () => {
    const bytes = form([
      part('file', '\u0000binary name="model"\r\n\r\nfake', '; filename="a.mp3"'),
      part('model', 'whisper-1'),
    ])
    expect(findFormFields(bytes, 'multipart/form-data; boundary=B', { name: 'model', all: true })).toEqual([
      'whisper-1',
    ])
  })

  it('is found under each name that a part has, and in a head that is folded', () => {
    const type = 'multipart/form-data; boundary=B'
    const named = { name: 'model', all: true }
    const two = form(['Content-Disposition: form-data; name="model"; name="other"\r\n\r\na'])
    expect(findFormFields(two, type, named)).toEqual(['a'])
    const folded = form(['X: 1\r\ncontent-disposition: form-data;\r\n  name=model\r\n\r\nb'])
    expect(findFormFields(folded, type, named)).toEqual(['b'])
  })

  it('is looked for in time that grows with the body, not with its square', () => {
    const type = 'multipart/form-data; boundary=b'
    const size = 4_000_000
    const times = [
      `${'--b'.repeat(size / 3)}\r\n\r\nx--b`,
      `--b\r\n${'content-disposition: '.repeat(size / 21)}\r\n\r\nx--b`,
      `${`--b\r\n${'content-disposition: '.repeat(700)}\r\n\r\nx`.repeat(size / 14_000)}--b`,
      `${'--b\r\ncontent-disposition: ; name='.repeat(size / 32)}\r\n\r\nx--b`,
    ].map((body) => {
      const begun = performance.now()
      findFormFields(Buffer.from(body), type, { name: 'model', all: true })
      return performance.now() - begun
    })
    // Each took minutes to hours; a bound against that, not a measure.
    expect(Math.max(...times)).toBeLessThan(20_000)
  })

  it('is not found in a file name', () => {
    const bytes = form([part('file', 'x', '; filename="name=model"')])
    expect(findFormFields(bytes, 'multipart/form-data; boundary="B"', { name: 'model', all: true })).toEqual([])
  })
})
