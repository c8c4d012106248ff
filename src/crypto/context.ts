/**
 * Encodes what a ciphertext is bound to. Every field carries its type and its length, so that no two different lists
 * have the same bytes: `['ab', 'c']` is not `['a', 'bc']`, and 1 is not '1'.
 * @param purpose keeps ciphertexts of different kinds apart.
 */
export function encodeContext(purpose: string, fields: readonly (string | number)[]): Buffer {
  return Buffer.concat([purpose, ...fields].map(encodeField))
}

const headBytes = 5

function encodeField(field: string | number): Buffer {
  const text = Buffer.from(String(field), 'utf8')
  const encoded = Buffer.alloc(headBytes + text.length)
  encoded.write(typeof field === 'string' ? 's' : 'n', 'latin1')
  encoded.writeUInt32BE(text.length, 1)
  text.copy(encoded, headBytes)
  return encoded
}
