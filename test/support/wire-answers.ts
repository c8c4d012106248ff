/** Answers as they stand on the wire, with what a reader should make of them. */
export interface WireAnswer {
  name: string
  method?: string
  bytes: string
  status: number
  body: string
  /** The connection can carry another exchange. */
  staysOpen: boolean
  /** The answer ends with its connection. */
  endsByClose?: boolean
}

const lines = (...parts: string[]) => parts.join('\r\n')

export const wireAnswers: readonly WireAnswer[] = [
  {
    name: 'with a length',
    bytes: lines('HTTP/1.1 200 OK', 'content-length: 5', '', 'hello'),
    status: 200,
    body: 'hello',
    staysOpen: true,
  },
  {
    name: 'without a body',
    bytes: lines('HTTP/1.1 404 Not Found', 'Content-Length: 0', '', ''),
    status: 404,
    body: '',
    staysOpen: true,
  },
  {
    name: 'in chunks, with an extension and a trailer',
    bytes: lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', '3;a=b', 'he\r', '2', '\nl', '0', 't: x', '', ''),
    status: 200,
    body: 'he\r\nl',
    staysOpen: true,
  },
  {
    name: 'behind interim answers',
    bytes: lines(
      'HTTP/1.1 103 Early Hints',
      'link: a',
      '',
      'HTTP/1.1 102',
      '',
      'HTTP/1.1 201 x',
      'content-length: 2',
      '',
      'ok',
    ),
    status: 201,
    body: 'ok',
    staysOpen: true,
  },
  {
    name: 'to HEAD',
    method: 'HEAD',
    bytes: lines('HTTP/1.1 200 OK', 'content-length: 500', '', ''),
    status: 200,
    body: '',
    staysOpen: false,
  },
  {
    name: 'to HEAD, about nothing',
    method: 'HEAD',
    bytes: lines('HTTP/1.1 404 Not Found', 'content-length: 0', '', ''),
    status: 404,
    body: '',
    staysOpen: true,
  },
  {
    name: '204',
    bytes: lines('HTTP/1.1 204 No Content', '', ''),
    status: 204,
    body: '',
    staysOpen: true,
  },
  {
    name: '304 with the length that it would have',
    bytes: lines('HTTP/1.1 304 Not Modified', 'content-length: 500', '', ''),
    status: 304,
    body: '',
    staysOpen: false,
  },
  {
    name: 'of HTTP/1.0 that is kept open',
    bytes: lines('HTTP/1.0 200 OK', 'connection: keep-alive', 'content-length: 2', '', 'ok'),
    status: 200,
    body: 'ok',
    staysOpen: true,
  },
  {
    name: 'of HTTP/1.0',
    bytes: lines('HTTP/1.0 200 OK', 'content-length: 2', '', 'ok'),
    status: 200,
    body: 'ok',
    staysOpen: false,
  },
  {
    name: 'that says it is the last',
    bytes: lines('HTTP/1.1 200 OK', 'connection: close', 'transfer-encoding: chunked', '', '1', 'a', '0', '', ''),
    status: 200,
    body: 'a',
    staysOpen: false,
  },
  {
    name: 'whose server keeps nothing',
    bytes: lines('HTTP/1.1 200 OK', 'keep-alive: timeout=1', 'content-length: 2', '', 'ok'),
    status: 200,
    body: 'ok',
    staysOpen: false,
  },
  {
    name: '204 that promises a body all the same',
    bytes: lines('HTTP/1.1 204 No Content', 'content-length: 5', '', ''),
    status: 204,
    body: '',
    staysOpen: false,
  },
  {
    name: 'until the connection ends',
    bytes: lines('HTTP/1.1 200 OK', 'content-type: text/plain', '', 'all that comes'),
    status: 200,
    body: 'all that comes',
    staysOpen: false,
    endsByClose: true,
  },
]

export const plainAnswer = (body: string) => lines('HTTP/1.1 200 OK', `content-length: ${body.length}`, '', body)
