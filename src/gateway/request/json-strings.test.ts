import { describe, expect, it } from 'vitest'
import { findTopLevelStrings } from './json-strings.ts'

const strings = (text: string, all = true) => findTopLevelStrings(Buffer.from(text), 'model', all)

describe('the model in a JSON body', () => {
  it.each([
    ['{"model":"a"}', ['a']],
    ['{"messages":[{"model":"no","content":"\\"model\\":\\"no\\""}],"model" : "b"}', ['b']],
    ['{"x":{"model":"no"},"model":"c","y":["model","no"]}', ['c']],
    ['{"mod\\u0065l":"d"}', ['d']],
    ['{"model":"a","model":"b"}', ['a', 'b']],
    // Parsers that take no notice of case read the second.
    ['{"model":"a","Model":"b"}', ['a', 'b']],
    ['{"model":"quo\\"te\\\\"}', ['quo"te\\']],
    ['{"model":7}', []],
    ['{"text":"ends in a backslash \\\\","model":"e"}', ['e']],
    ['not json', []],
    ['{"model":"unfinished', []],
    ['[{"model":"a","x":{"model":"no"}},{"model":"b"}]', ['a', 'b']],
    ['[[{"model":"no"}]]', []],
  ])('%s', (text, expected) => {
    expect(strings(text)).toEqual(expected)
  })

  it('agrees with JSON.parse on every value of a long body', () => {
    const body = JSON.stringify({
      messages: Array.from({ length: 500 }, (_, i) => ({ role: 'user', content: `"model":"x${i}" {[\\` })),
      model: 'last',
    })
    expect(strings(body)).toEqual([JSON.parse(body).model])
  })

  it('stops at the first when one is enough', () => {
    expect(strings('{"model":"a","model":"b"}', false)).toEqual(['a'])
  })
})
