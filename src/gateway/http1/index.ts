/**
 * HTTP/1.1 to providers, over one socket for one exchange at a time: as much of RFC 9112 as a client needs, read strictly.
 * A general client does more than that for every request (queues, pipelining, two parsers), and it is this that a request
 * through the gateway would mostly cost; see docs/decisions/0013. `origin-connections.ts` says which connection an exchange
 * takes, `connection.ts` is the exchange, `answer-reader.ts` reads what comes (`answer-head.ts`, `chunked-reader.ts`) and
 * `request-writer.ts` writes what goes (`request-text.ts`).
 */
export { type Connector, createConnector, type SocketTarget, socketTarget } from './open-socket.ts'
export { OriginConnections } from './origin-connections.ts'
export type { AnswerHandler, ConnectionTimes, WireRequest } from './wire.ts'
export { timeoutCodes, WireError } from './wire-error.ts'
