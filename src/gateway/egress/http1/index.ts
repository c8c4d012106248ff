/**
 * The HTTP/1.1 client for providers: one exchange at a time on each socket, as much of RFC 9112 as that takes, read strictly.
 * A general client does more for every request (queues, pipelining), which would be most of what a request through the gateway
 * costs; see docs/decisions/0013. `origin-connections.ts` picks the connection for an exchange, `connection.ts` is the exchange,
 * `answer-reader.ts` reads the answer (with `answer-head.ts` and `chunked-reader.ts`), and `request-writer.ts` writes the
 * request (with `request-text.ts`).
 */
export { type Connector, createConnector, type SocketTarget, socketTarget } from './open-socket.ts'
export { OriginConnections } from './origin-connections.ts'
export type { AnswerHandler, ConnectionTimes, WireRequest } from './wire.ts'
export { timeoutCodes, WireError } from './wire-error.ts'
