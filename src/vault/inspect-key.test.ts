import { describe, expect, it } from 'vitest'
import { OwnkeyError } from '../contract/index.ts'
import { inspectKey } from './inspect-key.ts'

const openai = {
  id: 'openai',
  name: 'OpenAI',
  keyShapes: [{ pattern: /^sk-(?!ant-)/, prefix: 'sk-', distinctive: false }],
}
const anthropic = {
  id: 'anthropic',
  name: 'Anthropic',
  keyShapes: [{ pattern: /^sk-ant-/, prefix: 'sk-ant-', distinctive: true }],
}
const gemini = {
  id: 'gemini',
  name: 'Google Gemini',
  keyShapes: [
    { pattern: /^AIza/, prefix: 'AIza', distinctive: true },
    { pattern: /^AQ\./, prefix: 'AQ.', distinctive: true },
  ],
}
const all = [openai, anthropic, gemini]
const inspect = (text: string, provider = openai) => {
  const { secret, ...rest } = inspectKey(text, provider, all)
  return { ...rest, key: secret.reveal() }
}

function refusal(text: string): OwnkeyError {
  try {
    inspectKey(text, openai, all)
  } catch (error) {
    expect(error).toBeInstanceOf(OwnkeyError)
    return error as OwnkeyError
  }
  throw new Error('was accepted')
}

describe('a pasted key', () => {
  it('is taken as it is when it looks right', () => {
    expect(inspect('sk-abcdefghijkl')).toEqual({ key: 'sk-abcdefghijkl', trimmed: false })
    expect(inspect('AQ.Ab8RN6abcdef', gemini)).toEqual({ key: 'AQ.Ab8RN6abcdef', trimmed: false })
  })

  it('loses surrounding white space, and says so', () => {
    for (const text of [
      '  sk-abcdefghijkl',
      'sk-abcdefghijkl\r\n',
      '\uFEFFsk-abcdefghijkl\u200B',
      '\u00A0sk-abcdefghijkl\t',
    ]) {
      expect(inspect(text)).toEqual({ key: 'sk-abcdefghijkl', trimmed: true })
    }
  })

  it('is recognised as another provider’s and still accepted', () => {
    expect(inspect('sk-ant-api03-abcdef')).toEqual({
      key: 'sk-ant-api03-abcdef',
      trimmed: false,
      looksLike: 'anthropic',
      advice: 'This looks like an Anthropic key, not an OpenAI key.',
      adviceAs: { code: 'looks_like', facts: { provider: 'OpenAI', other: 'Anthropic' } },
    })
    expect(inspect('AIzaSyabcdefghijk', anthropic)).toMatchObject({
      looksLike: 'gemini',
      advice: 'This looks like a Google Gemini key, not an Anthropic key.',
    })
  })

  it('of an unknown shape is accepted with advice only', () => {
    expect(inspect('ya29.abcdefghijkl', gemini)).toEqual({
      key: 'ya29.abcdefghijkl',
      trimmed: false,
      advice: 'This does not look like the Google Gemini keys that are known. They usually begin with "AIza" or "AQ.".',
      adviceAs: { code: 'unusual_prefix', facts: { provider: 'Google Gemini', prefixes: '"AIza", "AQ."' } },
    })
    // What begins as usual is odd in another way.
    const shaped = {
      id: 'custom',
      name: 'Custom',
      keyShapes: [{ pattern: /^cu-\d{9}$/, prefix: 'cu-', distinctive: true }],
    }
    expect(inspectKey('cu-odd', shaped, all).advice).toBe('This does not look like the Custom keys that are known.')
    // Another provider's shape that is not distinctive names nobody.
    expect(inspect('sk-abcdefghijkl', gemini).looksLike).toBeUndefined()
    expect(inspectKey('anything-goes', { id: 'custom', name: 'Custom', keyShapes: [] }, all).advice).toBeUndefined()
  })

  it.each([
    ['nothing', '', 'is empty'],
    ['white space only', ' \n\t ', 'is empty'],
    ['a space inside', 'sk-CANARY4f9d 2c71b8e6', 'space or a line break'],
    ['a line break inside', 'sk-CANARY4f9d\r\nEvil: header', 'space or a line break'],
    ['two keys', 'sk-CANARY4f9d\nsk-CANARY4f9e', 'space or a line break'],
    ['a control character', 'sk-CANARY4f9d\u0000abc', 'characters that no key has'],
    ['an escape sequence', 'sk-CANARY4f9d\u001b[31mabc', 'characters that no key has'],
    ['a letter that only looks Latin', 'sk-CANARY4f9dаbcdef', 'characters that no key has'],
    ['a typographic dash', 'sk–CANARY4f9d2c71', 'characters that no key has'],
    ['a zero-width space inside', 'sk-CANARY4f\u200B9d2c71', 'characters that no key has'],
    ['an access token of ours', 'okt_CANARY4f9d2c71b8e6', 'token of Ownkey itself'],
    ['a session token of ours', 'oks_CANARY4f9d2c71b8e6', 'token of Ownkey itself'],
    ['the masked form', 'sk-CANARY...4f9d', 'shortened form'],
    ['the masked form with dots', 'AIzaCANARY••••4f9d', 'shortened form'],
    ['a whole file', 'sk-CANARY'.repeat(1_200), 'longer than 8192'],
    ['three characters', 'sk-', 'too short'],
  ])('is refused and never repeated: %s', (_name, text, says) => {
    const error = refusal(text)
    expect(error).toMatchObject({ code: 'key_malformed', status: 400 })
    expect(error.message).toContain(says)
    expect(JSON.stringify([error.message, error.fix, error.facts, error.stack])).not.toContain('CANARY')
  })

  describe('that is a document', () => {
    const shape = { pattern: /^\{"type":"service_account"/, prefix: '', distinctive: true, document: { hint: 'id' } }
    const provider = { id: 'vertex', name: 'Vertex', keyShapes: [shape] }
    const text = '{\n "type": "service_account",\n "id": "4f9d",\n "private_key": "CANARY\\n4f9d"\n}\n'

    it('is kept on one line', () => {
      expect(inspectKey(` ${text}`, provider).secret.reveal()).toBe(
        '{"type":"service_account","id":"4f9d","private_key":"CANARY\\n4f9d"}',
      )
    })

    it.each([
      ['cut off', text.slice(0, -4)],
      ['not JSON', text.replace('"id":', 'id:')],
      ['followed by another', `${text}${text}`],
      ['too long', text.replace('CANARY', 'CANARY'.repeat(4_000))],
    ])('is refused and never repeated when it is %s', (_name, broken) => {
      const tried = () => inspectKey(broken, provider)
      expect(tried).toThrow(expect.objectContaining({ code: 'key_malformed', facts: { problem: 'broken_document' } }))
      expect(tried).not.toThrow(/CANARY|4f9d/)
    })
  })

  it('full of white space takes no time to speak of', () => {
    // Quadratic trimming would need minutes for this.
    expect(refusal(`a${' '.repeat(2_000_000)}b`).code).toBe('key_malformed')
  })
})
