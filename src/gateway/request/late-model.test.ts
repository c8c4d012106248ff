import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Surface } from '../../providers/index.ts'
import { findFormFields } from './form-fields.ts'
import { findTopLevelStrings } from './json-strings.ts'
import { lateModel } from './late-model.ts'

const surface: Surface = { name: 'chat', path: /^/, model: 'body', meters: 'tokens' }
const json = 'application/json'
const form = 'multipart/form-data; boundary=B'

/** What is told of a body that comes in pieces of these sizes, over and over. */
function told(body: Buffer, contentType: string, sizes: readonly number[]): string | undefined {
  let model: string | undefined
  const read = lateModel({ surface, contentType }, (late) => {
    model = late
  })
  let at = 0
  for (let turn = 0; at < body.length; turn++) {
    const size = sizes[turn % sizes.length] as number
    if (read?.(body.subarray(at, at + size)) === true) return model
    at += size
  }
  return model
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

describe('a model that comes late', () => {
  it.each([
    ['{"max_tokens":5,"messages":[{"content":"a \\"model\\":\\"no\\" \\\\"}],"model":"m-1"}', 'm-1'],
    ['{"input":["x"],"metadata":{"model":"no"},"mod\\u0065l" : "m-2"}', 'm-2'],
    ['{"model":null,"a":"model","b":1,"model":"models/m-3","model":"second"}', 'm-3'],
    ['{"a":"model","b":"model","c":["model","x"]}', undefined],
    [`{"a":"${'x'.repeat(3000)}\\\\","model":"m-4"}`, 'm-4'],
    ['{"model":5}', undefined],
    ['{"model":', undefined],
  ])('is found at the top of %j, however it is cut', (body, model) => {
    const bytes = Buffer.from(body)
    for (const size of [1, 2, 3, 7, 64, 100_000]) expect(told(bytes, json, [size])).toBe(model)
  })

  it('is the same that is found in a body at hand', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string({ minLength: 1 }), sizes, (other, model, cuts) => {
        const bytes = Buffer.from(JSON.stringify({ other, 'other\\"': model, model: `x${model}` }))
        expect(told(bytes, json, cuts)).toBe(findTopLevelStrings(bytes, 'model', false)[0])
      }),
    )
  })

  it('is found behind a file in a form, whatever stands in the file', () => {
    const near = fc.constantFrom(
      '--B',
      '\r\n',
      '\r\n\r\n',
      '--',
      'name="model"',
      'Content-Disposition: form-data; ',
      'x',
    )
    fc.assert(
      fc.property(fc.array(near, { maxLength: 30 }), sizes, (content, cuts) => {
        const file = `--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n${content.join('')}\r\n`
        const body = Buffer.from(`${file}--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nm-1\r\n--B--\r\n`)
        expect(told(body, form, cuts)).toBe(findFormFields(body, form, { name: 'model', all: false })[0])
      }),
    )
  })

  it('is given up where the field is as long as no model is', () => {
    const body = Buffer.from(`--B\r\nContent-Disposition: form-data; name=model\r\n\r\n${'x'.repeat(70_000)}\r\n--B--`)
    expect(told(body, form, [500])).toBeUndefined()
  })
})
